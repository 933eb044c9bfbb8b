#include <gate/app/doctor/config_section.hpp>
#include <gate/app/joined.hpp>
#include <gate/config/options.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::app::doctor {
namespace {

using kind_t = config::origin::kind_t;

constexpr std::chrono::seconds kubernetes_default{30};

std::vector<std::string> overridden(const config::loaded& loaded, const config::loaded& alone) {
    std::vector<std::string> out;
    const auto all = config::all_options();
    for (std::size_t i = 0; i < loaded.origins.size() && i < all.size(); ++i) {
        if (loaded.origins[i].kind != kind_t::environment) continue;
        auto text = loaded.origins[i].where + " sets " + std::string(all[i].path);
        if (i < alone.origins.size() && alone.origins[i].kind == kind_t::file)
            text += " in place of " + config::to_string(alone.origins[i]);
        out.push_back(std::move(text));
    }
    return out;
}

finding judge_environment(const config::loaded& loaded, const config::loaded& alone) {
    const auto found = overridden(loaded, alone);
    if (found.empty()) return passed("config.environment", "no environment variable sets an option");
    return passed("config.environment", joined(found, "; "));
}

finding judge_grace(const config::shutdown_options& options, const std::optional<stop_time>& stopped_after) {
    const auto needed = std::chrono::ceil<std::chrono::seconds>(options.delay + options.grace);
    const auto own =
        "shutdown.delay and shutdown.grace are " + std::to_string(needed.count()) + " s together";
    if (!stopped_after)
        return skipping("config.grace", own + "; how long the program has to stop is not known here",
                        "give it by --pod-grace");
    const auto text = own + ", " + stopped_after->of + " is " +
                      std::to_string(stopped_after->patience.count()) + " s" +
                      (stopped_after->is_assumed ? " by default" : "");
    if (needed < stopped_after->patience) return passed("config.grace", text);
    return warning("config.grace", text + ": requests that still run are killed",
                   "set terminationGracePeriodSeconds to more than " + std::to_string(needed.count()) +
                       (stopped_after->is_assumed ? ", and say so here by --pod-grace" : ""));
}

bool is_everybody(const config::network& peers) {
    return peers.address != "unix" && peers.prefix == 0;
}

finding judge_trust(const config::forwarded_options& options) {
    if (std::ranges::any_of(options.trusted_proxies, is_everybody))
        return failure("config.trusted_proxies",
                       "forwarded.trusted_proxies trusts every address: any client can choose its address "
                       "for logs and limits",
                       "name the addresses of your load balancer in forwarded.trusted_proxies");
    return passed("config.trusted_proxies",
                  options.trusted_proxies.empty()
                      ? "no peer is trusted to name its client's address"
                      : std::to_string(options.trusted_proxies.size()) + " ranges of peers are trusted");
}

finding judge_shadow(const config::config& options) {
    const bool in_shadow =
        options.auth.shadow || std::ranges::any_of(options.routes, [](const config::route_options& each) {
            return each.shadow.value_or(false);
        });
    if (!in_shadow)
        return passed("config.shadow",
                      "shadow mode is off: what auth.mode and routes do not allow is refused");
    return warning("config.shadow", "shadow mode is on: requests are passed on whatever their token is",
                   "set auth.shadow, or the route's shadow, to false once the log shows no wrong refusals");
}

}  // namespace

std::optional<stop_time> stop_time_of(std::optional<unsigned> given, bool in_kubernetes) {
    const std::string of = "the Pod's terminationGracePeriodSeconds";
    if (given) return stop_time{std::chrono::seconds(*given), of, false};
    if (in_kubernetes) return stop_time{kubernetes_default, of, true};
    return std::nullopt;
}

findings judge_problems(const config::loaded& loaded) {
    findings out;
    for (const auto& each : loaded.problems)
        out.push_back(failure("config.valid", to_string(each),
                              "correct it; `gate-sidecar validate` prints the same problems"));
    if (out.empty()) out.push_back(passed("config.valid", "the configuration has no problems"));
    return out;
}

findings judge_configuration(const config::loaded& loaded, const config::loaded& alone,
                             const std::vector<std::string>& warnings,
                             const std::optional<stop_time>& stopped_after) {
    findings out;
    for (const auto& each : warnings)
        out.push_back(warning("config.warning", each, "change the options that the sentence names"));
    out.push_back(judge_environment(loaded, alone));
    out.push_back(judge_grace(loaded.value.shutdown, stopped_after));
    out.push_back(judge_trust(loaded.value.forwarded));
    out.push_back(judge_shadow(loaded.value));
    return out;
}

}  // namespace gate::app::doctor
