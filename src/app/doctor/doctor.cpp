#include <gate/app/configuration_warnings.hpp>
#include <gate/app/doctor/chain_section.hpp>
#include <gate/app/doctor/config_section.hpp>
#include <gate/app/doctor/doctor.hpp>
#include <gate/app/doctor/fleet_section.hpp>
#include <gate/app/doctor/gate_section.hpp>
#include <gate/app/doctor/limits_section.hpp>
#include <gate/app/doctor/report.hpp>
#include <gate/app/doctor/spoof_section.hpp>
#include <gate/app/doctor/upstream_section.hpp>
#include <gate/app/operator_client.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/config/options.hpp>
#include <gate/telemetry/build_info.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gate::app {
namespace doctor {
namespace {

constexpr std::chrono::seconds patience{2};  // for /readyz

class examination {
public:
    examination(const std::string& file, const config::loaded& loaded, const questions& what)
        : file_(file), loaded_(loaded), options_(loaded.value), questions_(what) {}

    findings run() {
        append(out_, judge_problems(loaded_));
        if (!loaded_.ok()) return std::move(out_);
        if (asks_for("config")) look_at_configuration();
        if (asks_for("key") || asks_for("gate")) ask_gate();
        if (asks_for("upstream")) ask_upstreams();
        if (asks_for("spoof") || asks_for("framing")) rehearse();
        if (asks_for("chain")) ask_chain();
        if (asks_for("fleet")) ask_fleet();
        if (asks_for("limits")) {
            const auto workers = worker_count(options_);
            append(out_, judge_limits(options_, workers, look_at_limits(options_, workers)));
        }
        return std::move(out_);
    }

private:
    bool asks_for(std::string_view section) const {
        return questions_.sections.empty() ||
               std::ranges::find(questions_.sections, section) != questions_.sections.end();
    }

    void look_at_configuration() {
        config::load_input alone;
        if (!file_.empty()) alone.file = file_;
        alone.require_secret_key = false;
        const bool in_kubernetes = ::getenv("KUBERNETES_SERVICE_HOST") != nullptr;
        append(out_, judge_configuration(loaded_, config::load(alone), configuration_warnings(options_),
                                         stop_time_of(questions_.pod_grace, in_kubernetes)));
    }

    void ask_gate() {
        const auto found = look_at_gate(options_);
        if (asks_for("key"))
            append(out_, judge_key(options_, config::to_string(loaded_.secret_key_origin), found));
        if (asks_for("gate")) append(out_, judge_gate(options_, found));
    }

    bool is_default(std::string_view option) const {
        const auto all = config::all_options();
        const auto found = std::ranges::find(all, option, &config::option::path);
        const auto index = static_cast<std::size_t>(found - all.begin());
        return index < loaded_.origins.size() &&
               loaded_.origins[index].kind == config::origin::kind_t::standard;
    }

    void ask_upstreams() {
        if (options_.answer.address && is_default("upstream.url") && options_.upstreams.empty()) {
            out_.push_back(skipping("upstream.answers",
                                    "the sidecar answers other proxies (answer.address), and no upstream is "
                                    "configured"));
            return;
        }
        for (const auto& each : look_at_upstreams(options_)) append(out_, judge_upstream(each));
    }

    void rehearse() {
        try {
            stage on(options_);
            if (asks_for("spoof")) append(out_, rehearse_spoofing(options_, on));
            if (asks_for("framing")) append(out_, rehearse_framing(options_, on));
        } catch (const std::runtime_error& problem) {
            for (const auto& [section, id] :
                 {std::pair("spoof", "spoof.identity"), {"framing", "framing.requests"}}) {
                if (asks_for(section))
                    out_.push_back(skipping(id, problem.what(), "run it where the loopback can be used"));
            }
        }
    }

    void ask_chain() {
        if (questions_.url.empty()) {
            out_.push_back(skipping("chain.reached", "not asked for", "give the URL of the API by --url"));
            return;
        }
        if (options_.answer.address) {
            out_.push_back(
                skipping("chain.reached",
                         "the sidecar answers other proxies (answer.address), which pass requests on "
                         "to the API themselves: none comes to the sidecar by --url"));
            return;
        }
        append(out_, look_at_chain(options_, questions_));
    }

    void ask_fleet() {
        if (!options_.fleet.is_on()) {
            out_.push_back(skipping("fleet.store", "there is no fleet (fleet.url)"));
            return;
        }
        const auto& status = options_.status;
        const auto answer = ask_readiness(status.address, status.tls.is_on(), core::clock::now() + patience);
        append(out_, judge_fleet(look_at_fleet(options_), answer.status != 0));
    }

    const std::string& file_;
    const config::loaded& loaded_;
    const config::config& options_;
    const questions& questions_;
    findings out_;
};

text_style style_of_terminal() {
    text_style out;
    if (::isatty(STDOUT_FILENO) == 0) return out;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        out.width = std::min<std::size_t>(size.ws_col, 120);
    const char* const no_colour = ::getenv("NO_COLOR");  // https://no-color.org
    out.has_colour = no_colour == nullptr || *no_colour == '\0';
    return out;
}

}  // namespace

findings examine(const std::string& file, const config::loaded& loaded, const questions& what) {
    return examination(file, loaded, what).run();
}

}  // namespace doctor

int run_doctor(const std::string& file, const config::loaded& loaded, const doctor::questions& what) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto found = doctor::examine(file, loaded, what);
    std::cout << (what.as_json ? doctor::json_of(found, telemetry::version())
                               : doctor::text_of(found, doctor::style_of_terminal()));
    return doctor::exit_code_of(found);
}

}  // namespace gate::app
