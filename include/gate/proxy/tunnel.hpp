#pragma once
// A WebSocket after its upgrade has been accepted: bytes in both directions, each with back-pressure, until
// both sides have ended. Frames pass untouched; only an end that we bring about is said in a frame of ours.

#include <gate/core/latch.hpp>
#include <gate/core/task.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/stream.hpp>
#include <gate/proxy/websocket.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace gate::proxy {

struct tunnel_limits {
    core::duration idle{0};      // without a byte in either direction; 0: no limit
    core::duration lifetime{0};  // in all; 0: no limit
};

class tunnel {
public:
    // All outlive this object.
    tunnel(net::buffer_pool& blocks, net::deadline_wheel& wheel, net::stream& downstream,
           net::stream& upstream, tunnel_limits limits);
    ~tunnel();
    tunnel(const tunnel&) = delete;
    tunnel& operator=(const tunnel&) = delete;

    // `head` goes to the client first of all; `first_up` and `first_down` are what has been read already.
    core::task<> run(std::string_view head, std::string_view first_up, std::string_view first_down);

    // Tells both sides that it is over, each after the frame that is on its way, and gives the client a
    // moment to answer. May run the tunnel to its end.
    void end(close_code code);

    // The same immediately: nothing is forwarded any more in either direction. A side that is in the middle
    // of a frame, or takes no more bytes, cannot be told: it is cut.
    void stop(close_code code);

    std::uint64_t to_upstream() const noexcept { return upwards_.bytes; }
    std::uint64_t to_downstream() const noexcept { return downwards_.bytes; }

private:
    struct direction {
        net::stream& from;
        net::stream& to;
        frame_tracker frames{};  // what `to` has taken; once it is told or stopped: what is thrown away
        std::uint64_t bytes = 0;
        bool told = false;  // our Close frame has gone out
    };
    enum class ending : std::uint8_t { none, by_sender, by_us, failure };

    core::task<> run_upwards(std::string_view first);
    core::task<> copy(direction& way, std::string_view first);
    core::task<ending> copy_bytes(direction& way, std::string_view first);
    core::task<bool> forward(direction& way, std::string_view data);
    std::size_t sendable(const direction& way, std::string_view data) const noexcept;
    close_frame goodbye(const direction& way) const noexcept;
    core::task<bool> say_goodbye(direction& way);
    void stop(direction& way) noexcept;
    void begin_end(close_code code) noexcept;
    void wake();
    bool owes_goodbye(const direction& way) const noexcept;
    bool is_over(const direction& way) const noexcept;
    core::time_point patience() const noexcept;
    ending on_silence(net::wait_status status);
    void on_deadline();
    void cut() noexcept;

    net::buffer_pool& blocks_;
    tunnel_limits limits_;
    direction upwards_;
    direction downwards_;
    net::deadline deadline_;  // of its life, then of its end
    core::latch upwards_done_;
    core::time_point last_byte_ = core::clock::now();
    std::array<unsigned char, 4> masking_key_;
    close_code code_{};
    bool* gone_ = nullptr;  // set by the destructor
    bool began_ = false;    // the client has been told of the upgrade
    bool ends_ = false;
    bool stopped_ = false;
    bool client_is_done_ = false;
};

}  // namespace gate::proxy
