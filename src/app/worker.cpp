#include <gate/app/worker.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::app {
namespace {

constexpr core::duration patience_at_end{1000};

}  // namespace

worker::worker(shared_parts parts, worker_settings settings, unsigned number)
    : parts_(parts),
      settings_(std::move(settings)),
      metrics_(parts_.metrics.worker(number)),
      work_(context_.get_executor()),
      wheel_(context_.get_executor()),
      memory_(wheel_),
      checks_(context_.get_executor(), parts_, settings_, metrics_),
      log_(parts_.log_output, parts_.events),
      log_due_(
          wheel_, [](void* self) { static_cast<worker*>(self)->log_.flush(); }, this),
      spans_(worker_spans::make(parts_.spans, number, wheel_, options())),
      upstreams_({context_.get_executor(), wheel_, metrics_, parts_.accounts, memory_.blocks, parts_.events},
                 settings_),
      proxy_{.current = current_snapshot(),
             .executor = context_.get_executor(),
             .wheel = wheel_,
             .authenticator = checks_.authenticator(),
             .hasher = checks_.hasher(),
             .metrics = metrics_,
             .log = &log_,
             .log_due = log_due_,
             .trim_due = memory_.trim_due,
             .ids = ids_,
             .date = date_,
             .blocks = memory_.blocks,
             .memories = memory_.memories,
             .arrival = memory_.arrival,
             .scratch = memory_.scratch,
             .policy = memory_.policy,
             .idle = idle_,
             .spans = spans_ ? &*spans_ : nullptr,
             .refusals = options().admin.page ? &refusals_ : nullptr,
             .logs_requests = options().log.access},
      sessions_(parts_, proxy_, options(), number) {}

worker::~worker() {
    stop();
}

void worker::listen(std::size_t listener, worker_sockets at) {
    const auto name = options().all_listeners().at(listener).name;
    for (auto& each : at) add({listener, false, name}, proxy_door_, std::move(each));
}

void worker::listen_to_proxies(worker_sockets at) {
    if (!answer_door_) answer_door_.emplace(proxy_);
    const auto number = options().all_listeners().size();  // after the others
    for (auto& each : at) add({number, true, "answer"}, *answer_door_, std::move(each));
}

void worker::add(listener_place which, protocol::door& leads_to, net::listening_socket opened) {
    const worker_listener::surroundings with{context_.get_executor(), wheel_, sessions_, metrics_,
                                             parts_.events};
    auto& one = listeners_.emplace_back(with, std::move(opened), std::move(which), leads_to);
    one.configure(settings_);
}

void worker::start() {
    thread_ = std::thread([this] {
        for (auto& each : listeners_) each.start();
        context_.run();
    });
}

void worker::answer(std::function<void()> done) {
    boost::asio::post(context_, std::move(done));
}

void worker::end_withdrawn(std::function<void()> done) {
    boost::asio::post(context_, [this, done = std::move(done)] { sessions_.rounds().make_one_now(done); });
}

void worker::hand_over_spans(std::function<void()> done) {
    boost::asio::post(context_, [this, done = std::move(done)] {
        if (spans_) spans_->hand_over();
        done();
    });
}

void worker::show_refusals(std::vector<telemetry::refusal>& into, std::function<void()> done) {
    boost::asio::post(context_, [this, &into, done = std::move(done)] {
        refusals_.append_to(into);
        done();
    });
}

void worker::announce_drain() {
    boost::asio::post(context_, [this] { proxy_.draining = true; });
}

void worker::drain() {
    drains_to_begin_.fetch_add(1, std::memory_order_relaxed);
    boost::asio::post(context_, [this] {
        proxy_.draining = proxy_.closing = true;
        close_listeners();
        upstreams_.drain();
        sessions_.drain();
        drains_to_begin_.fetch_sub(1, std::memory_order_release);
    });
}

void worker::close_listeners() {
    for (auto& each : listeners_) each.close();
}

void worker::cut() {
    boost::asio::post(context_, [this] {
        close_listeners();
        sessions_.cut();
    });
}

void worker::stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] {
        log_due_.clear();
        memory_.trim_due.clear();
        log_.flush();
        if (spans_) spans_->hand_over();
        checks_.close();
        core::spawn(stop_when_quiet(core::clock::now() + patience_at_end));
    });
    thread_.join();
}

// Verifications for which no request waits any more end first.
core::task<> worker::stop_when_quiet(core::time_point until) {
    co_await checks_.wait_until_quiet(until);
    context_.stop();
}

}  // namespace gate::app
