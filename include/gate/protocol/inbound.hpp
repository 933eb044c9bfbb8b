#pragma once
// One request as the client's side of an exchange sees it. The exchange knows nothing of keep-alive and
// pipelining, nor how a response that cannot be completed is cut; it says when it will not read the rest of a
// body. In HTTP/1.1, http1_inbound says what comes next on the connection, and proxy::session does it.

#include <gate/core/reason.hpp>
#include <gate/http/reply.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/protocol/message.hpp>
#include <gate/protocol/outbound.hpp>

namespace gate::protocol {

// What we say in a response that is passed on.
struct response_lines {
    std::string_view request_id;
    std::string_view date{};  // for a response without one; empty: none
    bool add_via = false;     // RFC 9110 7.6.3
};

class inbound : public body_source, public body_sink {
public:
    virtual const http::request_facts& asked() const noexcept = 0;
    // It has no body, or all of that has been read.
    virtual bool is_body_read() const noexcept = 0;
    // A part of the body is here already.
    virtual bool has_early_body() const noexcept = 0;
    // Before a wait of the exchange for others than the two peers: that part is kept in memory of its size.
    virtual void keep_early_body() = 0;
    // The rest of the body will not be read: no further request can follow on the connection.
    virtual void give_up_body() noexcept = 0;
    // A request may follow even if nobody knows how long the body is: up to limits.drain of it are thrown
    // away after the reply. To be called before that.
    virtual void discard_unknown_body() noexcept = 0;

    // As try_send(), once, before it. `what.framing` says how long the body is.
    virtual sent try_send_head(const response& what, const response_lines& ours, const outgoing& first) = 0;
    // A response other than the final one. Nothing is sent to a client that knows no such thing.
    virtual sent try_send_interim(const response& what) = 0;
    // A whole response of our own, of which `what` says all but how the connection goes on. `closes`: no
    // request may follow it.
    virtual sent try_send_reply(http::reply what, bool closes) = 0;
    // The client has been sent a part of a response: only the rest of it may follow.
    virtual bool has_begun() const noexcept = 0;
    // Of the response that was sent, as far as the protocol tells.
    virtual std::size_t head_bytes() const noexcept = 0;
    // Of the body of the reply that was sent.
    virtual std::size_t reply_bytes() const noexcept = 0;

    // Sends nothing more, not even bytes that wait to be written. A response that has begun is cut, and the
    // coroutine that waits is woken. A reply may follow if no response has begun.
    virtual void stop_sending() noexcept = 0;
    // The exchange has ended without a complete response: the client must not take it for complete.
    virtual void reset(core::reason why) noexcept = 0;

    struct departure {
        bool has_ended;  // it sends nothing more
        bool is_gone;    // and takes nothing more
    };
    using departure_callback = bool (*)(void* self, departure seen);
    // Calls when the client may have left, until the callback returns false. Not while a coroutine waits to
    // read.
    virtual void on_departure(departure_callback call, void* self) = 0;
    virtual void stop_watching() noexcept = 0;

    // Goes over to another protocol: puts the head of the 101 into `head`.
    virtual raw_end switch_protocols(const response& what, const response_lines& ours, std::string& head) = 0;

protected:
    ~inbound() = default;
};

}  // namespace gate::protocol
