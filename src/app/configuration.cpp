#include <gate/app/answer_checks.hpp>
#include <gate/app/configuration.hpp>
#include <gate/app/descriptors.hpp>
#include <gate/app/file_digest.hpp>
#include <gate/app/fleet_checks.hpp>
#include <gate/app/joined.hpp>
#include <gate/app/route_checks.hpp>
#include <gate/app/socket_checks.hpp>
#include <gate/auth/route_loosenings.hpp>
#include <gate/client/tls.hpp>
#include <gate/config/changes.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gate::app {
namespace {

std::vector<std::string> changes_between(const config::config& before, const config::config& after) {
    std::vector<std::string> out;
    for (const auto* each : config::differences(before, after))
        out.push_back(config::describe_change(*each, before, after));
    for (auto& each : config::entry_changes(before, after)) out.push_back(std::move(each));
    if (!(before.admin_token == after.admin_token)) out.emplace_back("the admin token");
    return out;
}

}  // namespace

configuration::configuration(started_with start, unsigned workers, const telemetry::event_log& events,
                             telemetry::label_names& names)
    : input_(std::move(start.input)),
      workers_(workers),
      events_(events),
      names_(names),
      snapshot_(std::make_shared<const proxy::snapshot>(std::move(start.loaded.value), 1, &names_)),
      loaded_(std::move(start.loaded)),
      start_text_(std::move(start.text)),
      digests_(std::move(start.digests)),
      text_digest_(input_.file ? digest_of(start_text_) : std::string()),
      since_(core::wall_clock::now()),
      certificates_(events) {
    loaded_.value = {};
    certificates_.begin_with(std::move(start.tls));
}

bool configuration::prepare_tls() {
    if (!options().gate.base_url.tls) return true;
    const auto made = client::make_tls_context(options().gate.ca_file);
    if (!made) {
        events_.error("cannot set up TLS to Gate: " + made.error().message(),
                      {{"gate.ca_file", options().gate.ca_file}});
        return false;
    }
    tls_ = *made;
    tls_digest_ = digest_of_file(options().gate.ca_file);
    return true;
}

config::loaded configuration::load(const config_watch::content& found) const {
    auto input = input_;
    input.in_force = &options();
    config::loaded out;
    if (!input.file) {
        out = config::load(input);
    } else if (found) {
        out = config::load_text(*input.file, *found, input);
    } else {
        out.problems.push_back({*input.file, found.error(), {}});
    }
    check_routes(out, input.file.value_or(""));
    return out;
}

std::optional<configuration::candidate> configuration::consider(const config_watch::content& found) {
    candidate out;
    digests_.clear();
    out.loaded = load(found);
    if (out.loaded.ok()) make_tls(out);
    if (out.loaded.ok()) read_tls_files(out);
    if (!out.loaded.ok()) {
        refuse(out.loaded);
        return std::nullopt;
    }
    if (auto lowered = fit_to_descriptors(out.loaded.value, workers_))
        out.warnings.push_back(std::move(*lowered));
    if (found && input_.file) out.text_digest = digest_of(*found);
    out.snapshot = std::make_shared<const proxy::snapshot>(std::exchange(out.loaded.value, {}),
                                                           snapshot_->generation + 1, &names_);
    if (is_in_force(out)) {
        out.snapshot = snapshot_;
    } else {
        const auto& next = out.snapshot->options;
        std::ranges::move(answer_warnings(next), std::back_inserter(out.warnings));
        std::ranges::move(socket_warnings(next), std::back_inserter(out.warnings));
        std::ranges::move(fleet_warnings(next), std::back_inserter(out.warnings));
        std::ranges::move(route_warnings(next), std::back_inserter(out.warnings));
    }
    return out;
}

bool configuration::is_in_force(const candidate& other) const {
    return other.tls == tls_ && other.tls_files == certificates_.in_force() &&
           other.loaded.need_restart == loaded_.need_restart &&
           changes_between(options(), other.snapshot->options).empty();
}

void configuration::refuse(const config::loaded& refused) {
    problems_.clear();
    for (const auto& each : refused.problems) problems_.push_back(to_string(each));
    refused_files_ = tls_files_of(refused.value);
    refused_files_.push_back(refused.value.gate.ca_file);
    refused_files_.push_back(refused.value.admin.token_file);
    refused_files_.push_back(refused.value.telemetry.otlp.headers_file);
    record_.note_failure();
    events_.error("the configuration was not reloaded: the last good one stays in force",
                  {{"problems", joined(problems_, "; ")}, {"gate.config_generation", snapshot_->generation}});
}

reload_outcome configuration::refusal() const {
    return {.accepted = false,
            .generation = snapshot_->generation,
            .problems = problems_,
            .changes = {},
            .need_restart = {},
            .key_problem = {}};
}

reload_outcome configuration::accept(candidate now_in_force) {
    const auto before = std::exchange(snapshot_, now_in_force.snapshot);
    reload_outcome out{.accepted = true,
                       .generation = snapshot_->generation,
                       .problems = {},
                       .changes = changes_between(before->options, options()),
                       .need_restart = {},
                       .key_problem = {}};
    if (tls_ != now_in_force.tls) out.changes.emplace_back("the content of gate.ca_file");
    std::ranges::move(tls_changes(*certificates_.in_force(), *now_in_force.tls_files),
                      std::back_inserter(out.changes));
    out.certificate_problem = std::move(now_in_force.certificate_problem);
    if (out.certificate_problem.empty()) certificates_.take(now_in_force.tls_files);
    for (const auto each : now_in_force.loaded.need_restart) out.need_restart.emplace_back(each);
    tls_ = std::move(now_in_force.tls);
    tls_digest_ = std::move(now_in_force.tls_digest);
    loaded_ = std::move(now_in_force.loaded);
    text_digest_ = std::move(now_in_force.text_digest);
    if (before != snapshot_) since_ = core::wall_clock::now();
    problems_.clear();
    refused_files_.clear();
    generation_ = snapshot_->generation;
    needs_restart_ = !loaded_.need_restart.empty();
    record_.note_success();
    log_acceptance(out, before->options, now_in_force.warnings);
    return out;
}

void configuration::log_acceptance(const reload_outcome& told, const config::config& before,
                                   const std::vector<std::string>& warnings) const {
    events_.info(told.changes.empty() ? "the configuration was reloaded: nothing has changed"
                                      : "the configuration was reloaded",
                 {{"gate.config_generation", told.generation}, {"changes", joined(told.changes, "; ")}});
    auto looser = config::loosenings(before, options());
    std::ranges::move(auth::route_loosenings(before, options()), std::back_inserter(looser));
    for (const auto& each : looser)
        events_.warn("the new configuration allows more than the previous one",
                     {{"change", each}, {"gate.config_generation", told.generation}});
    if (!told.need_restart.empty())
        events_.warn(
            "some options take effect only after a restart; all other changes apply now",
            {{"options", joined(told.need_restart, ", ")}, {"gate.config_generation", told.generation}});
    for (const auto& each : warnings) events_.warn(each);
}

std::string configuration::trouble() const {
    if (problems_.empty()) return certificates_.trouble();
    auto out =
        "the configuration was not reloaded, and the last good one stays in force: " + problems_.front();
    if (problems_.size() > 1) out += " (and " + std::to_string(problems_.size() - 1) + " more)";
    return out;
}

std::vector<std::string> configuration::further_files() const {
    auto out = tls_files_of(options());
    out.insert(out.end(), refused_files_.begin(), refused_files_.end());
    out.push_back(options().gate.ca_file);
    out.push_back(options().admin.token_file);
    out.push_back(options().telemetry.otlp.headers_file);
    std::erase(out, "");
    return out;
}

void configuration::collect(telemetry::metrics_snapshot& into) const {
    record_.collect(into);
    certificates_.collect(into);
    into.gauge("gate_config_generation",
               "Generation of the configuration in force: 1 at the start, one more with each reload that "
               "changes it.")
        .add({}, static_cast<double>(generation_.load()));
    into.gauge("gate_config_restart_needed", "1 while the file has values that need a restart.")
        .add({}, needs_restart_ ? 1.0 : 0.0);
}

}  // namespace gate::app
