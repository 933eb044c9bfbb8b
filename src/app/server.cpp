#include <gate/app/gate_calls.hpp>
#include <gate/app/process_info.hpp>
#include <gate/app/server.hpp>
#include <gate/core/latch.hpp>
#include <gate/telemetry/build_info.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <csignal>

namespace gate::app {

unsigned worker_count(const config::config& options) {
    return options.workers != 0 ? options.workers : cpu_quota();
}

server::server(started_with start, std::vector<std::string> warnings)
    : warnings_(std::move(warnings)),
      worker_count_(worker_count(start.loaded.value)),
      events_(log_output_, {start.loaded.value.log.level, start.loaded.value.log.format}),
      metrics_(worker_count_),
      configuration_(std::move(start), worker_count_, events_),
      key_(auth::process_key::random()),
      tokens_(now().cache, now().gate, now().limits,
              [this](config::log_level level, std::string_view line) { events_.write(level, line); }),
      accounts_(now().limits.accounts),
      secret_keys_(
          now().secret_key, [this](verify::key_event what) { key_watch_.on_key_event(what); },
          [this](auto refused, auto then) { key_watch_.read_again(std::move(refused), std::move(then)); }),
      connections_(now().limits.connections, now().limits.connections_per_client),
      upstream_(find_upstream(now().upstream.target)),
      key_watch_(control_.get_executor(), now().gate.secret_key_file, secret_keys_, events_,
                 [this] { tokens_.calls.key_changed(tokens_.time.now()); }),
      config_watch_(control_.get_executor(), configuration_.file(),
                    [this](config_watch::content found) { core::spawn(reload(std::move(found))); }),
      signals_(control_, {SIGTERM, SIGINT, SIGUSR1, SIGHUP}),
      timer_(control_.get_executor()) {}

server::~server() = default;

int server::run() {
    events_.info("starting", {{"service.version", telemetry::version()}, {"workers", worker_count_}});
    for (const auto& name : now().forwarded.pass)
        events_.warn(
            "a field that asks the upstream for another path or method than the one decided is passed on",
            {{"option", "forwarded.pass"}, {"field", name}});
    for (const auto& one : warnings_) events_.warn(one);
    if (!configuration_.prepare_tls()) return 1;
    health_.trouble = [this] { return trouble(); };
    if (!open_listeners()) return 1;
    serve_operators();
    expose_metrics();
    upstream_->start();
    key_watch_.start();
    config_watch_.watch_also(configuration_.further_files());
    config_watch_.start(configuration_.take_text());
    signals_.start([this](int number) { on_signal(number); });
    for (auto& one : workers_) one->start();
    control_.run();
    tokens_.calls.close();
    for (auto& one : workers_) one->stop();
    events_.info("stopped");
    return shutdown_.exit_code();
}

bool server::open_listeners() {
    return open_workers() && open_operating_listener("status", now().status.address, status_) &&
           open_operating_listener("admin", now().admin.address, admin_);
}

bool server::open_workers() {
    auto where = now().listener.address;
    for (unsigned number = 0; number < worker_count_; ++number) {
        workers_.push_back(
            std::make_unique<worker>(shared_parts{tokens_, key_, accounts_, secret_keys_, connections_,
                                                  house_, metrics_, log_output_, events_},
                                     settings(), number));
        using sharing = net::listener::sharing;
        const auto first = worker_count_ > 1 ? sharing::first : sharing::none;
        const auto opened = workers_.back()->listen(where, number == 0 ? first : sharing::further);
        if (!opened) {
            events_.error(
                "cannot listen: " + opened.error().message(),
                {{"listener", "proxy"}, {"server.address", where.host}, {"server.port", where.port}});
            return false;
        }
        where.port = workers_.back()->local().port();
    }
    log_listening("proxy", workers_.front()->local());
    return true;
}

bool server::open_operating_listener(const char* name, const config::endpoint& where,
                                     std::unique_ptr<status_server>& into) {
    auto opened = status_server::open(control_, where);
    if (!opened) {
        events_.error("cannot listen: " + opened.error().message(),
                      {{"listener", name}, {"server.address", where.host}, {"server.port", where.port}});
        return false;
    }
    into = std::move(*opened);
    add_health_endpoints(*into, health_, metrics_);
    log_listening(name, into->local());
    return true;
}

void server::log_listening(const char* name, const core::tcp::endpoint& where) const {
    events_.info(
        "listening",
        {{"listener", name}, {"server.address", where.address().to_string()}, {"server.port", where.port()}});
}

// What changes state is served by the admin listener alone (rule 18).
void server::serve_operators() {
    const auto options = [this]() -> const config::config& { return now(); };
    operators_ = std::make_unique<admin_endpoints>(
        options, tokens_, make_token_hasher(key_, now()),
        make_revoker(
            control_.get_executor(),
            [this] {
                return gate_access{now().gate, configuration_.tls()};
            },
            secret_keys_),
        [this] { return end_withdrawn_streams(); }, events_);
    admin_->serve_only_hosts(now().admin.hosts);
    operators_->add_to(*admin_);
    operators_->expose(metrics_);
    reload_endpoints_ = std::make_unique<reload_endpoints>(
        options, configuration_,
        [this](reload_endpoints::receiver told) { ask_for_reload(std::move(told)); });
    reload_endpoints_->add_to(*admin_);
}

// Ends when no worker forwards anything for a withdrawn token any more (rule 29).
core::task<> server::end_withdrawn_streams() {
    return on_all_workers(
        [](worker& each, std::function<void()> done) { each.end_withdrawn(std::move(done)); });
}

// Ends when every worker has called `done`, on whatever thread.
core::task<> server::on_all_workers(worker_action act) {
    struct rounds {
        std::size_t left;
        core::latch over{};
    };
    const auto all = std::make_shared<rounds>(rounds{workers_.size()});
    for (auto& each : workers_) {
        act(*each, [this, all, keeps_running = boost::asio::make_work_guard(control_)] {
            boost::asio::post(control_, [all] {
                if (--all->left == 0) all->over.open();
            });
        });
    }
    co_await all->over;
}

void server::expose_metrics() {
    log_output_.expose(metrics_);
    key_watch_.expose(metrics_);
    configuration_.expose(metrics_);
    const auto stats = [this] { return tokens_.stats(); };
    metrics_.add_gauge("gate_cache_entries", "Tokens in the caches.", {{"kind", "positive"}},
                       [stats] { return static_cast<double>(stats().positive_entries); });
    metrics_.add_gauge("gate_cache_entries", "Tokens in the caches.", {{"kind", "negative"}},
                       [stats] { return static_cast<double>(stats().negative_entries); });
    metrics_.add_gauge("gate_verify_inflight", "Calls to Gate under way.", {},
                       [stats] { return static_cast<double>(stats().calls_to_come.under_way); });
    metrics_.add_gauge("gate_budget_remaining",
                       "Calls left in the window, as Gate said last; -1: never said.", {},
                       [stats] { return static_cast<double>(stats().budget_remaining); });
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (!core::is_call_result(why)) continue;
        metrics_.add_counter("gate_verify_calls_total", "Calls to Gate, by what each came to.",
                             {{"result", std::string(core::to_string(why))}},
                             [stats, i] { return static_cast<double>(stats().calls[i]); });
    }
    for (const auto which : {auth::lane::known, auth::lane::unknown, auth::lane::refresh}) {
        metrics_.add_counter("gate_governor_refusals_total",
                             "Verifications that were not allowed to call Gate, by lane.",
                             {{"lane", std::string(auth::to_string(which))}}, [stats, which] {
                                 const auto refused = stats().calls_to_come.refused;
                                 return static_cast<double>(refused[static_cast<std::size_t>(which)]);
                             });
    }
    metrics_.add_counter("gate_verify_retries_total", "Calls to Gate that were made once more.", {},
                         [stats] { return static_cast<double>(stats().calls_to_come.retries); });
    metrics_.add_gauge("gate_verify_waiting", "Tokens that wait until a call to Gate may start.", {},
                       [stats] { return static_cast<double>(stats().calls_to_come.waiting); });
    const auto circuit = [&](auth::lane which, bool auth::governor::statistics::*is_open) {
        metrics_.add_gauge("gate_circuit_open", "1 while calls to Gate of this lane are left but for probes.",
                           {{"lane", std::string(auth::to_string(which))}},
                           [stats, is_open] { return stats().calls_to_come.*is_open ? 1.0 : 0.0; });
    };
    circuit(auth::lane::known, &auth::governor::statistics::known_circuit_is_open);
    circuit(auth::lane::unknown, &auth::governor::statistics::unknown_circuit_is_open);
}

}  // namespace gate::app
