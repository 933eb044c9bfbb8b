#pragma once
// The sending half of an HTTP/1.1 message on one connection: a head, then a body in its framing. What the
// connection does not take immediately is remembered and goes out by flush().

#include <gate/net/stream.hpp>
#include <gate/protocol/body.hpp>
#include <gate/protocol/message.hpp>

#include <string>

namespace gate::protocol {

class http1_writer {
public:
    // Up to so many body bytes are appended to the head: copying them costs less than handing the kernel a
    // list of pieces.
    static constexpr std::size_t copied_together = 4096;

    // `bytes` outlives this object.
    explicit http1_writer(net::stream& bytes) noexcept : bytes_(bytes) {}

    // Sends `head` and the first of the body in one write. `head` may be appended to, and is not needed after
    // the call.
    sent send_head(std::string& head, http::body_kind body, const outgoing& first);
    // Sends a head, or a whole message, that no body follows.
    sent send_alone(std::string_view text);
    sent send(const outgoing& piece);
    sent flush() noexcept;

    // What was given last has not gone out to its end, and may never do.
    bool is_stuck() const noexcept { return is_stuck_; }
    bool has_sent_any() const noexcept { return has_sent_any_; }
    bool has_sent_last() const noexcept { return is_last_ && !is_stuck_; }

    // What is kept of a head is overwritten when it has gone out, or at the end of this object.
    void keep_secret() noexcept { is_secret_ = true; }
    ~http1_writer() {
        if (!kept_head_.empty()) forget();
    }
    http1_writer(const http1_writer&) = delete;
    http1_writer& operator=(const http1_writer&) = delete;

private:
    sent send_rest_of(std::string_view text, std::size_t written);
    sent put(gather data) noexcept;
    void keep_rest_of(std::string_view head, std::size_t written);
    void forget() noexcept;

    net::stream& bytes_;
    body_encoder encoder_{http::body_kind::none};
    gather rest_;            // what has not gone out yet
    std::string kept_head_;  // of that, what lay in memory that others use
    bool is_stuck_ = false;
    bool is_last_ = false;
    bool has_sent_any_ = false;
    bool is_secret_ = false;
};

}  // namespace gate::protocol
