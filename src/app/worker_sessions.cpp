#include <gate/app/worker_sessions.hpp>

#include <boost/asio/post.hpp>

#include <new>
#include <optional>
#include <utility>

namespace gate::app {
namespace {

// Looked at until one is closed that has not just sent something.
constexpr int looked_at_for_room = 16;

}  // namespace

class worker_sessions::admitted_session final : public proxy::session, public arriving {
public:
    admitted_session(worker_sessions& owner, const way_in& by, core::stream_socket socket,
                     const net::remote& from, connection_limit::place place)
        : session(owner.resources_, owner, by.leads_to, std::move(socket),
                  protocol::make_peer(from, by.entrance)),
          owner_(owner),
          by_(by),
          place_(std::move(place)) {}

    bool has_place() const noexcept { return place_.has_value(); }
    void release_place() noexcept { place_.reset(); }

    net::stream& connection() noexcept override { return session::connection(); }
    bool meet(protocol::peer who) override {
        is_refused_ =
            place_ && by_.leads_to.limits_connections_of(who.socket) && !place_->count_as(who.address);
        session::meet(std::move(who));
        return !is_refused_;
    }
    void arrive(std::unique_ptr<protocol::tls_peer> over) override {
        owner_.resources_.idle.remove(*this);
        if (over) session::meet(std::move(over));
        start();
    }
    void vanish() noexcept override {
        if (is_refused_) owner_.refuse(*this, by_);
        owner_.on_end(*this);
    }
    void report(const std::exception& error) noexcept override { owner_.on_failure(error); }

private:
    worker_sessions& owner_;
    const way_in& by_;
    std::optional<connection_limit::place> place_;
    bool is_refused_ = false;
};

worker_sessions::worker_sessions(const shared_parts& parts, proxy::session_resources& resources,
                                 const config::config& options, unsigned number)
    : parts_(parts),
      resources_(resources),
      number_(number),
      refusals_(resources.wheel, resources.blocks, resources.ids, resources.date),
      arrivals_(resources.wheel, resources.metrics, arrivals::max_under_way, options.limits.header_timeout),
      answer_arrivals_(resources.wheel, resources.metrics, arrivals::max_answers_under_way,
                       options.limits.header_timeout),
      rounds_(resources.executor, resources.wheel, sessions_, parts.tokens, options.cache) {
    parts_.house.join(resources_.idle, [this] {
        boost::asio::post(resources_.executor, [this] { close_idle_for_another(); });
    });
}

void worker_sessions::configure(const config::limit_options& limits) {
    for (auto* each : {&arrivals_, &answer_arrivals_}) each->configure(limits.header_timeout);
}

void worker_sessions::take(const way_in& by, core::stream_socket socket, const net::remote& from) {
    if (!by.is_direct()) return take_on_its_way(by, std::move(socket), from);
    auto place = parts_.connections.enter(
        from.address, [this] { return make_room(); }, by.leads_to.limits_connections_of(from));
    if (!place) {
        resources_.metrics.count_failure(core::reason::too_many_connections);
        refusals_.refuse(std::move(socket));
        return;
    }
    add(by, std::move(socket), from, std::move(*place)).start();
}

// Who finds no room here is not told: it could not read that.
void worker_sessions::take_on_its_way(const way_in& by, core::stream_socket socket, const net::remote& from) {
    if (by.expects_proxy_header && !by.proxies.contains(from))
        return by.headers.note(telemetry::proxy_header_outcome::untrusted, from);
    const bool is_client = !by.expects_proxy_header && by.leads_to.limits_connections_of(from);
    auto place = parts_.connections.enter(
        from.address, [this] { return make_room(); }, is_client);
    if (!place) return resources_.metrics.count_failure(core::reason::too_many_connections);
    auto& one = add(by, std::move(socket), from, std::move(*place));
    resources_.idle.add(one, core::clock::now());
    (by.is_for_answers ? answer_arrivals_ : arrivals_).receive(one, by, from);
}

worker_sessions::admitted_session& worker_sessions::add(const way_in& by, core::stream_socket socket,
                                                        const net::remote& from,
                                                        connection_limit::place place) {
    auto* const one = new admitted_session(*this, by, std::move(socket), from, std::move(place));
    sessions_.push_back(*one);
    count_.fetch_add(1, std::memory_order_relaxed);
    rounds_.begin();
    return *one;
}

// Too many connections of a client that has become known on the way.
void worker_sessions::refuse(admitted_session& one, const way_in& by) noexcept {
    resources_.metrics.count_failure(core::reason::too_many_connections);
    if (by.needs_tls) return;
    try {
        refusals_.refuse(std::move(one.connection().socket()));
    } catch (const std::exception& error) {  // want of memory: it is closed without an answer
        on_failure(error);
    }
}

// An idle connection goes for the newcomer, here and now, or soon on another worker.
bool worker_sessions::make_room() {
    const auto next = parts_.house.next();
    if (!next) return false;
    if (*next == number_) return close_idle();
    parts_.house.ask(*next);
    return true;
}

// A connection on which something has just come is about to be busy: the next one goes, if there is one of
// the same kind.
bool worker_sessions::close_idle() {
    const auto session_of = [](proxy::idle_connection* one) { return static_cast<proxy::session*>(one); };
    auto* const first = resources_.idle.first();
    if (first == nullptr) return false;
    auto* chosen = first;
    for (int looked = 0; chosen != nullptr && session_of(chosen)->is_about_to_be_busy(); ++looked)
        chosen = looked < looked_at_for_room ? resources_.idle.next_after(*chosen) : nullptr;
    session_of(chosen != nullptr ? chosen : first)->make_way();
    resources_.metrics.closed_for_newcomers.add();
    return true;
}

// Those that were idle here may be busy by now: then somebody else goes.
void worker_sessions::close_idle_for_another() {
    if (parts_.connections.is_exceeded() && !close_idle()) make_room();
}

void worker_sessions::on_end(proxy::session& ended) noexcept {
    rounds_.forget(ended);
    sessions_.erase(sessions_.iterator_to(ended));
    auto* const own = static_cast<admitted_session*>(&ended);
    if (!own->has_place()) --leaving_;
    delete own;
    count_.fetch_sub(1, std::memory_order_relaxed);
}

bool worker_sessions::release_place(proxy::session& leaving) noexcept {
    if (leaving_ >= max_leaving) return false;
    ++leaving_;
    static_cast<admitted_session&>(leaving).release_place();
    return true;
}

void worker_sessions::on_failure(const std::exception& error) noexcept {
    try {
        parts_.events.error("a session failed", {{"exception.message", error.what()}});
    } catch (const std::bad_alloc&) {  // what has failed may be want of memory, and the line needs some
        return;
    }
}

void worker_sessions::drain() {
    for (auto* each : {&arrivals_, &answer_arrivals_}) each->drain();
    for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->drain();
}

void worker_sessions::cut() {
    for (auto* each : {&arrivals_, &answer_arrivals_}) each->cut();
    for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->cut();
}

}  // namespace gate::app
