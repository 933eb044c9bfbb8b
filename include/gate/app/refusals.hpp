#pragma once
// Clients that are told that there is no room for their connection: immediately, and without a session.

#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>
#include <gate/http/date.hpp>
#include <gate/http/request_id.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/deadline_wheel.hpp>

#include <atomic>
#include <cstddef>

namespace gate::app {

// Not thread-safe, but for what says so: belongs to its worker.
class refusals {
public:
    // Clients that may still read what they have been answered; further ones may find the connection reset.
    static constexpr std::size_t max_under_way = 16;

    // All outlive this object, and this object what is under way in it.
    refusals(net::deadline_wheel& wheel, net::buffer_pool& blocks, http::request_id_source& ids,
             http::date_text& date) noexcept
        : wheel_(wheel), blocks_(blocks), ids_(ids), date_(date) {}

    // Answers 503, and closes the connection when the client has had a moment to read that.
    void refuse(core::stream_socket socket);

    // Thread-safe.
    std::size_t under_way() const noexcept { return under_way_.load(std::memory_order_relaxed); }

private:
    core::task<> wait_until_gone(core::stream_socket socket);

    net::deadline_wheel& wheel_;
    net::buffer_pool& blocks_;
    http::request_id_source& ids_;
    http::date_text& date_;
    std::atomic<std::size_t> under_way_{0};
};

}  // namespace gate::app
