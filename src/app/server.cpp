#include <gate/app/gate_calls.hpp>
#include <gate/app/secret_memory.hpp>
#include <gate/app/server.hpp>
#include <gate/app/start_code.hpp>
#include <gate/net/look_ups.hpp>
#include <gate/telemetry/build_info.hpp>

#include <csignal>
#include <utility>

namespace gate::app {

namespace {

// As metrics name them, in the order of request_labels::listener.
std::vector<telemetry::listener_label> labels_of_listeners(const config::config& options) {
    std::vector<telemetry::listener_label> out;
    for (const auto& each : options.all_listeners())
        out.push_back({each.name, each.options.tls.is_on(),
                       each.options.proxy_protocol == config::proxy_protocol_use::required});
    if (options.answer.address) out.push_back({"answer", options.answer.tls.is_on()});
    return out;
}

std::vector<std::string> operating_listeners_with_tls(const config::config& options) {
    std::vector<std::string> out;
    if (options.status.tls.is_on()) out.emplace_back("status");
    if (options.admin.tls.is_on()) out.emplace_back("admin");
    return out;
}

}  // namespace

server::server(started_with start, service_variables service, net::inherited_sockets inherited,
               std::vector<std::string> warnings)
    : warnings_(std::move(warnings)),
      worker_count_(worker_count(start.loaded.value)),
      events_(log_output_, {start.loaded.value.log.level, start.loaded.value.log.format}),
      metrics_(worker_count_, labels_of_listeners(start.loaded.value),
               operating_listeners_with_tls(start.loaded.value)),
      configuration_(std::move(start), worker_count_, events_, metrics_.names),
      state_(
          now(), events_, [this](verify::key_event what) { key_watch_.on_key_event(what); },
          [this](auto refused, auto then) { key_watch_.read_again(std::move(refused), std::move(then)); }),
      upstreams_(control_.get_executor(), now(),
                 {.complaint = [this](const std::string& line) { events_.warn(line); },
                  .changed = [this] { workers_.look_at_addresses(); }}),
      key_watch_(control_.get_executor(), now().gate.secret_key_file, state_.secret_keys, events_,
                 [this] { state_.tokens.calls.key_changed(state_.tokens.time.now()); }),
      config_watch_(control_.get_executor(), configuration_.file(),
                    [this](config_watch::content found) { core::spawn(reload(std::move(found))); }),
      certificate_dates_(control_.get_executor(),
                         [this] { return configuration_.look_at_certificate_dates(); }),
      sockets_(std::move(inherited), events_),
      operations_(control_),
      controls_(
          control_.get_executor(), [this]() -> const config::config& { return now(); }, state_.tokens,
          [this] { return end_withdrawn_streams(); }, events_),
      spans_(events_),
      page_(
          control_.get_executor(), [this]() -> const config::config& { return now(); }, metrics_, health_,
          [this] { return last_refusals(); }),
      workers_(control_),
      echo_(
          control_.get_executor(), [this]() -> const config::config& { return now(); }, workers_, events_),
      service_manager_(control_.get_executor(), std::move(service), events_),
      signals_(control_, {SIGTERM, SIGINT, SIGUSR1, SIGHUP}),
      shutdown_{core::timer(control_.get_executor())} {}

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
    if (!spans_.open(now(), worker_count_)) return 1;
    if (!join_fleet() || !controls_.start(now()) || !open_listeners()) return 1;
    serve_operators();
    upstreams_.start();
    key_watch_.start();
    config_watch_.watch_also(configuration_.further_files(), configuration_.digests_as_read());
    certificate_dates_.start();
    page_.start();
    config_watch_.start(configuration_.take_text());
    signals_.start([this](int number) { on_signal(number); });
    if (!may_be_dumped()) forget_start_code();  // the breakpoints of a debugger stand in the code
    workers_.start();
    service_manager_.ready([this](const std::function<void()>& done) { workers_.ask_all(done); });
    control_.run();
    state_.tokens.calls.close();
    if (fleet_) fleet_->stop();
    workers_.stop();
    spans_.close();
    events_.info("stopped");
    if (net::look_up_mark::are_any()) leave(shutdown_.phases.exit_code());  // its thread would be waited for
    return shutdown_.phases.exit_code();
}

// What the others know is known before the first request comes.
bool server::join_fleet() {
    if (!now().fleet.is_on()) return true;
    try {
        fleet_ = std::make_unique<fleet_seat>(
            control_.get_executor(), now(), configuration_.tls_files()->fleet, state_.tokens,
            state_.secret_keys, events_, [this] { core::spawn(end_withdrawn_streams()); });
    } catch (const std::runtime_error& e) {
        events_.error("the store of the fleet cannot be used",
                      {{"error.message", std::string_view(e.what())}});
        return false;
    }
    fleet_->start();
    return true;
}

// The operating listeners last: /readyz is not there until the others accept.
bool server::open_listeners() {
    workers_.make(worker_count_, parts(), settings());
    const auto all = now().all_listeners();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& options = all[i].options;
        auto opened = sockets_.open(all[i].name, options.address, options.socket_mode, worker_count_);
        if (opened.empty()) return false;
        workers_.listen(i, std::move(opened));
    }
    if (const auto& answer = now().answer; answer.address) {
        auto opened = sockets_.open("answer", *answer.address, answer.socket_mode, worker_count_);
        if (opened.empty()) return false;
        workers_.listen_to_proxies(std::move(opened));
    }
    return operations_.open(now(), *configuration_.tls_files(), sockets_, health_, metrics_);
}

shared_parts server::parts() {
    return {state_.tokens, state_.key,  state_.accounts, state_.secret_keys, state_.connections, state_.house,
            metrics_,      log_output_, events_,         spans_.exporter()};
}

void server::serve_operators() {
    const auto options = [this]() -> const config::config& { return now(); };
    auto operators = std::make_unique<admin_endpoints>(
        options, state_.tokens, make_token_hasher(state_.key, now()),
        make_revoker(
            control_.get_executor(),
            [this] {
                return gate_access{now().gate, configuration_.tls()};
            },
            state_.secret_keys),
        [this] { return end_withdrawn_streams(); }, events_, control_.get_executor());
    expose_metrics(*operators);
    controls_.add_to(operations_.admin());
    echo_.add_to(operations_.admin());
    page_.add_to(operations_.admin());
    operations_.configure(now().admin, *configuration_.tls_files());
    operations_.serve(
        std::move(operators),
        std::make_unique<reload_endpoints>(options, configuration_, [this](reload_endpoints::receiver told) {
            ask_for_reload(std::move(told));
        }));
}

// Ends when no worker forwards anything for a withdrawn token or a blocked account any more (rule 29).
core::task<> server::end_withdrawn_streams() {
    return workers_.on_all(
        [](worker& each, std::function<void()> done) { each.end_withdrawn(std::move(done)); });
}

// Each worker copies its own on its own thread: no lock that a request could wait for.
core::task<std::vector<telemetry::refusal>> server::last_refusals() {
    const auto each_has = std::make_shared<std::vector<std::vector<telemetry::refusal>>>(worker_count_);
    worker_group::action ask = [each_has, next = std::size_t{0}](worker& each,
                                                                 std::function<void()> done) mutable {
        auto& into = each_has->at(next++);
        each.show_refusals(into, [each_has, done = std::move(done)] { done(); });
    };
    co_await workers_.on_all(std::move(ask));
    std::vector<telemetry::refusal> all;
    for (const auto& some : *each_has) all.insert(all.end(), some.begin(), some.end());
    co_return all;
}

// In the metrics, each owner of numbers is named once: here.
void server::expose_metrics(const admin_endpoints& operators) {
    metrics_.add(log_output_);
    metrics_.add(key_watch_);
    metrics_.add(configuration_);
    metrics_.add(state_.tokens);
    metrics_.add(operators);
    controls_.add_to(metrics_);
    if (fleet_) metrics_.add(*fleet_);
    if (const auto* spans = spans_.exporter()) metrics_.add(*spans);
}

}  // namespace gate::app
