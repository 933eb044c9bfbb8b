#include <gate/net/readiness.hpp>

#include <cassert>
#include <utility>

namespace gate::net {

#ifdef GATE_PORTABLE_READINESS

struct readiness::operation {
    readiness* owner;
    bool armed = false;

    void arm(core::tcp_socket& socket, direction which) {
        armed = true;
        const auto what =
            which == direction::read ? core::tcp_socket::wait_read : core::tcp_socket::wait_write;
        socket.async_wait(what, [this](core::error_code) { complete(); });
    }

    void complete() {
        armed = false;
        if (owner == nullptr) {
            delete this;
        } else {
            owner->ready_ = true;
            owner->finish(wait_status::ready);
        }
    }
};

bool readiness::has_news() const noexcept {
    return true;  // Asio does not tell
}

#else

namespace {

// The reactor's own record of a socket, which Asio keeps in a protected member.
struct reactor_access : core::tcp_socket {
    static auto& data_of(core::tcp_socket& socket) {
        return (socket.*(&reactor_access::impl_)).get_implementation().reactor_data_;
    }
};

// Asio queues the record of a socket that has an event: behind it is at least the reactor's own entry.
bool is_queued(core::tcp_socket& socket) noexcept {
    auto* const record = reactor_access::data_of(socket);
    if (record == nullptr) return false;
    auto* const entry = (boost::asio::detail::operation*)record;  // a private base: no other cast does it
    return boost::asio::detail::op_queue_access::next(entry) != nullptr;
}

using reactor = boost::asio::detail::reactor;

}  // namespace

struct readiness::operation : boost::asio::detail::reactor_op {
    readiness* owner;
    reactor* service = nullptr;
    bool armed = false;

    explicit operation(readiness* waits)
        : reactor_op(core::error_code(), &operation::perform, &operation::complete), owner(waits) {}

    void arm(core::tcp_socket& socket, direction which) {
        armed = true;
        const int kind = which == direction::read ? reactor::read_op : reactor::write_op;
        // Asked for once: use_service() takes a lock and compares type names.
        if (service == nullptr) service = &boost::asio::use_service<reactor>(socket.get_executor().context());
        service->start_op(kind, socket.native_handle(), reactor_access::data_of(socket), this, false, true);
    }

    // Nothing to do but to report; "exhausted" keeps Asio from reporting the same event twice.
    static status perform(reactor_op*) { return done_and_exhausted; }

    static void complete(void* scheduler, boost::asio::detail::operation* base, const core::error_code&,
                         std::size_t) {
        auto* self = static_cast<operation*>(base);
        self->armed = false;
        if (self->owner == nullptr) {
            delete self;
        } else if (scheduler != nullptr) {  // else the io_context is being destroyed
            self->owner->ready_ = true;
            self->owner->finish(wait_status::ready);
        }
    }
};

bool readiness::has_news() const noexcept {
    return is_queued(socket_);
}

#endif

readiness::readiness(core::tcp_socket& socket, direction which, deadline_wheel& wheel) noexcept
    : socket_(socket),
      deadline_(
          wheel, [](void* self) { static_cast<readiness*>(self)->interrupt(wait_status::timed_out); }, this),
      direction_(which) {}

// An armed operation is completed by the closing of the socket, and then frees itself.
readiness::~readiness() {
    assert(call_ == nullptr && "a coroutine still waits for this socket");
    if (operation_ == nullptr) return;
    if (operation_->armed) {
        operation_->owner = nullptr;
    } else {
        delete operation_;
    }
}

void readiness::wait(callback call, void* self, core::time_point until) {
    assert(call_ == nullptr);
    call_ = call;
    self_ = self;
    deadline_.set(until);
    arm();
}

void readiness::arm() {
    if (operation_ == nullptr) operation_ = new operation{this};
    if (!operation_->armed) operation_->arm(socket_, direction_);
}

void readiness::forget() noexcept {
    call_ = nullptr;
    deadline_.clear();
}

void readiness::interrupt(wait_status why) {
    if (call_ != nullptr) finish(why);
}

// The callback may destroy this object: nothing is touched after it.
void readiness::finish(wait_status status) {
    deadline_.clear();
    if (const auto call = std::exchange(call_, nullptr)) call(self_, status);
}

}  // namespace gate::net
