#pragma once
// Readiness by what Asio offers to everybody: a part of readiness.cpp.

#include <gate/net/readiness.hpp>

#include <memory>

namespace gate::net {

struct readiness::operation {
    readiness* owner;
    bool armed = false;

    void rearm() noexcept {}

    void arm(core::stream_socket& socket, direction which) {
        armed = true;
        const auto what =
            which == direction::read ? core::stream_socket::wait_read : core::stream_socket::wait_write;
        socket.async_wait(what, handler{claim(this)});
    }

private:
    // Asio's hold on an armed operation, which ends without a call if the event loop is destroyed first.
    struct release {
        void operator()(operation* it) const noexcept {
            it->armed = false;
            if (it->owner == nullptr) delete it;
        }
    };
    using claim = std::unique_ptr<operation, release>;

    struct handler {
        claim held;

        void operator()(core::error_code) {
            auto* const waits = held->owner;
            held.reset();
            if (waits == nullptr) return;
            waits->ready_ = true;
            waits->finish(wait_status::ready);
        }
    };
};

bool readiness::has_news() const noexcept {
    return true;  // Asio does not tell
}

readiness::moment readiness::now() noexcept {
    return 0;
}

bool readiness::has_looked_since(moment) noexcept {
    return false;
}

void readiness::ask_for_ends() noexcept {}

}  // namespace gate::net
