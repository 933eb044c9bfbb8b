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
            "a field is passed on that asks the upstream for another path or method than the request line",
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
                                     std::unique_ptr<operating_server>& into) {
    auto opened = operating_server::open(control_, where);
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

// In the metrics, each owner of numbers is named once: here.
void server::expose_metrics() {
    metrics_.add(log_output_);
    metrics_.add(key_watch_);
    metrics_.add(configuration_);
    metrics_.add(tokens_);
    metrics_.add(*operators_);
}

}  // namespace gate::app
