// How another configuration takes the place of the one in force.
#include <gate/app/server.hpp>
#include <gate/core/latch.hpp>

#include <utility>

namespace gate::app {

worker_settings server::settings() const {
    return {configuration_.snapshot(), upstreams_.current(), configuration_.tls(),
            configuration_.tls_files()};
}

std::string server::trouble() const {
    const auto key = key_watch_.trouble();
    auto out = key.empty() ? configuration_.trouble() : key;
    for (const auto& further : {controls_.trouble(), fleet_ ? fleet_->trouble() : std::string()}) {
        if (!out.empty() && !further.empty()) out += "; ";
        out += further;
    }
    return out;
}

// A caller that asks during a reload gets the result of the next one.
void server::ask_for_reload(reload_endpoints::receiver told) {
    reload_.told.push_back(std::move(told));
    config_watch_.ask();
}

core::task<> server::reload(config_watch::content found) {
    const auto told = std::exchange(reload_.told, {});
    reload_.is_under_way = true;
    service_manager_.reloading();
    auto outcome = configuration_.refusal();
    try {
        auto next = configuration_.consider(found);
        if (next && next->snapshot != configuration_.snapshot()) co_await put_in_force(*next);
        outcome = next ? configuration_.accept(std::move(*next)) : configuration_.refusal();
        if (!next) co_await renew_certificates();
    } catch (const std::exception& error) {
        outcome.problems = {error.what()};
        events_.error("the configuration could not be reloaded", {{"exception.message", error.what()}});
    }
    if (!told.empty()) co_await read_key_again(outcome);
    if (!told.empty()) co_await read_blocked_again(outcome);
    reload_.is_under_way = false;
    service_manager_.reloaded(outcome.accepted);
    for (const auto& each : told) each(outcome);
    config_watch_.watch_also(configuration_.further_files(), configuration_.digests_as_read());
    config_watch_.finished();
}

core::task<> server::renew_certificates() {
    auto renewed = configuration_.renew_certificates();
    if (!renewed) co_return;
    co_await put_in_force(*renewed);
    configuration_.accept_certificates(*renewed);
}

// After the configuration, which may have named another file.
core::task<> server::read_key_again(reload_outcome& into) {
    core::latch is_read;
    key_watch_.reload([&into, &is_read](const key_reading& found) {
        into.key_problem = found.problem;
        if (found.is_new)
            into.changes.emplace_back("the secret key: the new one is used once Gate accepts it");
        is_read.open();
    });
    co_await is_read;
}

core::task<> server::read_blocked_again(reload_outcome& into) {
    core::latch is_read;
    controls_.read_blocked_again([&into, &is_read](const std::string& problem) {
        into.block_problem = problem;
        is_read.open();
    });
    co_await is_read;
}

// What the threads share comes first, and what is cached is cut when no worker goes by the old times any
// more.
core::task<> server::put_in_force(configuration::candidate& next) {
    const auto before = configuration_.snapshot();
    const auto& options = next.snapshot->options;
    configure_shared_parts(options);
    operations_.configure(options.admin, *next.tls_files);
    if (fleet_) fleet_->use_tls(next.tls_files->fleet);
    co_await upstreams_.follow(options);
    const worker_settings told{next.snapshot, upstreams_.current(), next.tls, next.tls_files};
    worker_group::action tell = [&told](worker& each, std::function<void()> done) {
        each.configure(told, std::move(done));
    };
    co_await workers_.on_all(std::move(tell));
    upstreams_.forget_replaced();
    const auto& gate = before->options.gate;
    const bool asks_elsewhere =
        gate.verify_path != options.gate.verify_path || gate.token_field != options.gate.token_field;
    // The keys of tokens stay (rule 10), so that what was revoked stays so; what another call has told does
    // not.
    if (asks_elsewhere) state_.tokens.facts.purge({}, state_.tokens.time.now());
    state_.tokens.limit_ttl(options.cache);
}

void server::configure_shared_parts(const config::config& next) {
    controls_.configure(next);
    events_.set_format(next.log.format);
    state_.configure(next);
    if (fleet_) fleet_->configure(next.cache);
    key_watch_.watch(next.gate.secret_key_file, next.secret_key);
}

}  // namespace gate::app
