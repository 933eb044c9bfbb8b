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

class worker_sessions::admitted_session final : public proxy::session {
public:
    admitted_session(worker_sessions& owner, protocol::door& leads_to, core::stream_socket socket,
                     protocol::peer from, connection_limit::place place)
        : session(owner.resources_, owner, leads_to, std::move(socket), std::move(from)),
          place_(std::move(place)) {}

    bool has_place() const noexcept { return place_.has_value(); }
    void release_place() noexcept { place_.reset(); }

private:
    std::optional<connection_limit::place> place_;
};

worker_sessions::worker_sessions(const shared_parts& parts, proxy::session_resources& resources,
                                 const config::config& options, unsigned number)
    : parts_(parts),
      resources_(resources),
      number_(number),
      refusals_(resources.wheel, resources.blocks, resources.ids, resources.date),
      rounds_(resources.executor, resources.wheel, sessions_, parts.tokens, options.cache) {
    parts_.house.join(resources_.idle, [this] {
        boost::asio::post(resources_.executor, [this] { close_idle_for_another(); });
    });
}

void worker_sessions::take(protocol::door& leads_to, core::stream_socket socket, protocol::peer from) {
    auto place = parts_.connections.enter(
        from.address, [this] { return make_room(); }, leads_to.limits_connections_of(from.socket));
    if (!place) {
        resources_.metrics.count_failure(core::reason::too_many_connections);
        refusals_.refuse(std::move(socket));
        return;
    }
    auto* one = new admitted_session(*this, leads_to, std::move(socket), std::move(from), std::move(*place));
    sessions_.push_back(*one);
    count_.fetch_add(1, std::memory_order_relaxed);
    rounds_.begin();
    one->start();
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
    for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->drain();
}

void worker_sessions::cut() {
    for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->cut();
}

}  // namespace gate::app
