#pragma once
// One request with its response, from the first byte of the one to the last of the other.

#include <gate/auth/access.hpp>
#include <gate/core/latch.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/http/reply.hpp>
#include <gate/net/connection_pool.hpp>
#include <gate/proxy/body.hpp>
#include <gate/proxy/context.hpp>
#include <gate/proxy/exchange_record.hpp>
#include <gate/proxy/relay.hpp>
#include <gate/proxy/token_watch.hpp>
#include <gate/proxy/tunnel.hpp>
#include <gate/proxy/upstream_party.hpp>

#include <array>
#include <exception>
#include <optional>
#include <string>

namespace gate::proxy {

// The other end of a session.
struct client {
    net::ip_address address;
    std::string address_text;
    bool is_trusted_proxy = false;
};

// What becomes of the connection after an exchange.
enum class afterwards : std::uint8_t {
    keep,    // the next request may come
    drain,   // the same, after what is left of this one's body
    close,   // nothing of ours is unread on the other side
    linger,  // the client may still be sending: it must be able to read our answer before it sees a reset
    abort,   // the response was cut: the client must not take it for whole
};

class exchange {
public:
    // `downstream`, which `connection` stands for, and `memory` outlive this object; `started`: when the
    // first byte of the request was read; `head_came`: when its head was whole; `last`: the connection takes
    // no further request.
    exchange(context& where, exchange_memory& memory, net::stream& downstream, idle_connection& connection,
             const client& who, core::time_point started, core::time_point head_came, bool last) noexcept;
    ~exchange() { downstream_.stop_watching(); }
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    // Serves the request whose head is at the beginning of memory.input, or says what was wrong with the
    // head. Writes the access-log line and the metrics. Never throws for what a peer does.
    core::task<afterwards> run(core::result<std::size_t> head_size);

    // What was thrown while it ran, if anything was: nothing that a peer does.
    const std::exception_ptr& surprise() const noexcept { return surprise_; }

    // When run() came to its end.
    core::time_point ended() const noexcept { return record_.ended; }

    // Gate vouches for the token of the request.
    bool has_shown_token() const noexcept { return access_.has_token() && access_.is_allowed(); }

    // Reads what is left of a counted body and throws it away; false if it does not come in time. Call after
    // run() that asked for it.
    core::task<bool> drain_request_body();

    // The program is about to end: a WebSocket is told so.
    void drain() {
        if (tunnel_ != nullptr) tunnel_->end(close_code::going_away);
    }
    // Has the token verified again if it is time to, or `at_once`, and ends the exchange if it is refused.
    // May run it to its end.
    void look_at_token(core::time_point now, bool at_once);
    // Ends the exchange if its token was revoked through this process. May run it to its end.
    void look_at_revocation(core::time_point now);
    // Ends it if it is a stream that the configuration of now would refuse; whether it did. What is no stream
    // runs to its end. May run it to its end.
    bool look_at_policy();
    // Ends the exchange now, for this reason. What the client has got of a response is not made complete.
    void cut(core::reason why) noexcept;

private:
    // The spine, in order.
    core::task<core::reason> handle(std::size_t head_size);
    core::result<void> read_request(std::size_t head_size);
    void forget_arrival() noexcept;
    void believe_forwarded_for();
    void choose_ids();
    core::task<core::reason> pass_on_if_verified();
    core::task<core::reason> pass_on_if_allowed();
    core::task<core::reason> pass_on();
    void build_upstream_head(std::string& out);
    core::task<core::reason> forward();
    core::task<core::reason> retry();
    void part_from_upstream();
    bool passes_authorization() const noexcept {
        return memory_.may_hold_token && !access_.drops_authorization();
    }
    void forget_upstream_head() noexcept;

    // forward
    core::task<core::reason> attempt(net::connection_pool::preference which);
    core::task<core::reason> send_on_new_connection(net::connection_pool::preference which);
    core::task<core::reason> send();
    core::task<core::reason> send_if_confirmed();
    core::task<core::reason> send_without_body(std::string_view head);
    core::task<core::reason> send_while_receiving(std::string& head);
    core::task<> pump_request(std::string& head);
    core::task<> stop_pump();
    void expect_early_answer() noexcept;
    core::reason reason_of_upload(relay_end end) noexcept;
    bool may_retry(core::reason why) const noexcept;
    core::reason reason_of_no_connection(core::reason why) const noexcept;

    // receive
    core::task<core::reason> receive();
    core::result<std::size_t> find_response_head(http::head_finder& finder);
    core::result<std::size_t> read_response_head(http::head_finder& finder);
    core::time_point response_due(core::time_point before) const noexcept;
    core::task<core::reason> pass_interim();
    core::task<core::reason> deliver(http::body_framing framing);
    core::reason delivered(relay_end end);
    core::task<core::reason> switch_protocols();
    void build_downstream_head(http::body_framing framing);
    core::reason reason_of_download(relay_end end) noexcept;
    bool is_upstream_due() const noexcept;
    core::reason reason_of_silence(bool eof) const noexcept;
    bool can_reuse_upstream() const noexcept;
    std::span<char> unparsed() noexcept { return {block_.data() + parsed_, received_ - parsed_}; }

    // the client
    void watch_client();
    static void on_client_event(void* self, net::wait_status status);
    bool has_left_event_stream() const noexcept;
    void leave() noexcept;
    bool is_refused_now() const;
    bool is_halted() const noexcept { return halted_ != core::reason::none; }
    void withdraw(core::reason why);
    core::reason note_surprise() noexcept;
    bool may_keep_client() const noexcept;
    bool can_drain_body() const noexcept;
    bool is_body_read() const noexcept;
    core::task<core::reason> refuse(core::reason why);
    core::task<core::reason> answer_as_last();
    core::task<core::reason> send_reply(http::reply what);
    core::task<afterwards> finish(core::reason why);
    core::task<afterwards> finish_otherwise(core::reason why);

    http::chunk_limits chunk_limits() const noexcept;
    core::duration patience() const noexcept { return options_.limits.body_timeout; }
    const pace& due_pace() const noexcept { return snapshot_.client_pace; }
    const http::request_facts& asked() const noexcept { return memory_.asked; }
    auth::client_id asker() const noexcept;

    context& context_;
    const local_snapshot_pointer local_;  // the one it has begun with
    const snapshot& snapshot_;
    const config::config& options_;
    exchange_memory& memory_;
    net::stream& downstream_;
    idle_connection& connection_;
    const client& client_;
    upstream_party party_;
    core::time_point head_came_;

    // the request
    std::optional<body_decoder> request_body_;
    std::span<char> early_body_;                       // bytes behind the head that came with it
    std::optional<net::ip_address> forwarded_client_;  // as a trusted proxy says
    std::string forwarded_for_joined_;
    std::string client_text_;
    bool last_;
    bool client_persists_ = false;

    // the decision
    auth::access access_;
    std::optional<token_watch> watch_;  // of a token that has been looked at again

    // the exchange with the upstream
    net::connection_pool::lease lease_;
    net::buffer_pool::block block_;  // what the upstream has sent
    std::size_t parsed_ = 0;         // bytes of it that are dealt with
    std::size_t received_ = 0;
    core::time_point response_due_from_{};
    core::latch pump_;
    relay* upload_ = nullptr;  // while the pump runs
    std::optional<body_decoder> response_body_;
    std::optional<relay> download_;
    tunnel* tunnel_ = nullptr;  // once it is a WebSocket
    std::size_t request_bytes_written_ = 0;
    core::reason upload_failure_ = core::reason::none;
    bool request_is_sent_ = false;  // to its end
    bool pump_runs_ = false;
    bool stopping_ = false;
    bool response_bytes_ = false;  // the upstream has begun to answer
    bool response_started_ =
        false;  // the client has been sent a part of a response: only the rest may follow
    bool client_has_ended_ = false;             // it sends nothing more
    core::reason halted_ = core::reason::none;  // why we have ended it: client gone, token refused, shutdown
    bool sends_events_ = false;                 // the response is an event stream
    bool upstream_persists_ = false;            // as far as its response tells
    bool upgraded_ = false;
    bool keep_ = false;

    exchange_record record_;
    std::exception_ptr surprise_;
};

}  // namespace gate::proxy
