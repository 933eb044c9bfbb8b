#pragma once
// One request as the upstream's side of an exchange sees it, whatever the protocol: the request goes out, one
// or more response heads come back, then a body. Whether its connection can serve another request is its own
// business.

#include <gate/core/reason.hpp>
#include <gate/core/shared_scratch.hpp>
#include <gate/core/task.hpp>
#include <gate/http/framing.hpp>
#include <gate/net/connection_pool.hpp>
#include <gate/protocol/message.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace gate::protocol {

// A response head. Its views are valid until the body is read on.
struct response {
    http::response_head head;
    http::connection_options connection;
    http::body_framing framing;  // of the body that follows
};
using response_loan = core::shared_scratch<response>::loan;

inline std::array<std::span<const std::byte>, 2> owned_memory(const response& what) noexcept {
    return {core::owned_memory(what.head.fields)[0], core::owned_memory(what.connection.others)[0]};
}

// The outcome of a search for a response head. Neither found nor failed: the head has not arrived yet.
struct head_search {
    bool is_found = false;                      // it is in `out`
    core::reason failure = core::reason::none;  // final: upstream_bad_response, or upstream_reset and
                                                // upstream_truncated where the upstream ends or fails first
};

// A request head for the upstream, complete, as HTTP/1.1 text.
struct request_text {
    std::string& text;  // may be appended to, and is not needed after the call
    http::method verb;
    http::body_framing framing;
    bool is_secret = false;  // a token may be in it: it is overwritten once it is sent (rule 25)
    bool names_a_user =
        false;  // its credentials may bind the connection to the user who sends them (rule 21)
};

// The bytes of a connection that has switched to another protocol.
struct raw_end {
    net::stream* bytes;       // outlives the exchange
    std::string_view unread;  // what has been read of it already; valid until release()
};

class outbound : public body_source, public body_sink {
public:
    // Its connection has served another request before.
    virtual bool is_reused() const noexcept = 0;

    // As try_send(), once, before it.
    virtual sent try_send_head(const request_text& head, const outgoing& first) = 0;
    // The request has been sent to its end.
    virtual bool is_sent() const noexcept = 0;
    // A byte of the request has gone out.
    virtual bool has_sent_any() const noexcept = 0;
    // The request cannot be sent to its end; what the upstream says about that is still read.
    virtual void stop_sending() noexcept = 0;

    // Reads, and looks for the response head.
    virtual head_search read_head(response& out) = 0;
    // After an interim response: looks for the next head in what has come already.
    virtual head_search received_head(response& out) = 0;
    // A byte of a response has come.
    virtual bool any_byte() const noexcept = 0;

    // Ends this request at the upstream. The coroutine that waits is woken from the event loop, and each
    // later read returns `cut`. Other requests are not affected.
    virtual void cancel() noexcept = 0;
    // The whole response has been passed on: its connection may serve other requests, if `may_keep` and rule
    // 21 allow it. No other function may be called afterwards.
    virtual void finish(core::time_point now, bool may_keep) = 0;
    // After a 101. bytes is null if the protocol has no raw connection to hand out.
    virtual raw_end take_over() = 0;

    // The exchange does not need it any more. Called by the destructor of outbound_pointer.
    virtual void leave() noexcept = 0;

protected:
    ~outbound() = default;
};

struct outbound_leave {
    void operator()(outbound* which) const noexcept { which->leave(); }
};
using outbound_pointer = std::unique_ptr<outbound, outbound_leave>;

// Where a worker's requests get their place at the upstream. Outlives all that it hands out.
class outbound_source {
public:
    virtual ~outbound_source() = default;

    // A place that is free now and that `holder` may have. Null: there is none.
    virtual outbound_pointer lease_idle(net::party* holder) = 0;
    // As net::connection_pool::lease_connection; never null.
    virtual core::task<core::result<outbound_pointer>> lease(net::connection_pool::preference which,
                                                             net::party* holder) = 0;
};

}  // namespace gate::protocol
