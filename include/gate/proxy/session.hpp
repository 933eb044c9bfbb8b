#pragma once
// One downstream connection: requests in, one after the other, until either side has had enough.

#include <gate/core/task.hpp>
#include <gate/net/stream.hpp>
#include <gate/protocol/door.hpp>
#include <gate/protocol/http1_inbound.hpp>
#include <gate/proxy/session_resources.hpp>

#include <boost/intrusive/list.hpp>

#include <exception>
#include <memory>

namespace gate::proxy {

class session;

// Who keeps the sessions.
class session_owner {
public:
    virtual void on_end(session& ended) noexcept = 0;  // destroys it
    // Counts it no longer as one that is in the way of others, although it goes on for a moment. False: too
    // many do so already.
    virtual bool release_place(session& leaving) noexcept = 0;
    virtual void on_failure(const std::exception& error) noexcept = 0;

protected:
    ~session_owner() = default;
};

// While nothing is under way, a session is this object and nothing else: no coroutine, no buffer.
class session : public boost::intrusive::list_base_hook<>,
                public idle_connection,
                private protocol::http1_owner {
public:
    // `resources`, `owner` and `leads_to`, which serves the requests, outlive this object.
    session(session_resources& resources, session_owner& owner, protocol::door& leads_to,
            core::stream_socket socket, protocol::peer who);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    // What comes before its first request is done on this: before start().
    net::stream& connection() noexcept { return downstream_; }
    void meet(protocol::peer who) { peer_ = std::move(who); }
    void meet(std::unique_ptr<protocol::tls_peer> how) { peer_.tls = std::move(how); }

    // Serves the connection until it ends; the owner is told then, which may be before this returns.
    void start();

    // An idle connection ends now, which destroys this object; a busy one after its response.
    void drain();
    // See carried_exchange. May destroy this object.
    void look_at_token(core::time_point now, bool at_once) {
        if (current_ != nullptr) current_->look_at_token(now, at_once);
    }
    void look_at_revocation(core::time_point now) {
        if (current_ != nullptr) current_->look_at_revocation(now);
    }
    // See carried_exchange. True: it has ended what is under way, and may have destroyed this object.
    bool look_at_policy() { return current_ != nullptr && current_->look_at_policy(); }
    // Ends now: what is under way, as an abort. May destroy this object.
    void cut();

    // Whether a request, or more of one, has come that is not read yet. Precondition: it is idle.
    bool is_about_to_be_busy() noexcept {
        return current_ == nullptr && !is_lingering() && downstream_.peek().has_data;
    }
    // Its place is given up, because a newcomer needs it, and the connection ends: immediately, or when the
    // client has had a moment to read what it has been answered. May destroy this object. Precondition: it is
    // idle.
    void make_way();

private:
    using afterwards = protocol::afterwards;
    enum class first_byte : std::uint8_t { request, nothing, end };

    first_byte look_for_request();
    void wait_for_request() noexcept;
    void be_idle();
    void forget_request();
    static void on_event(void* self, net::wait_status status);
    core::detached run();
    core::task<afterwards> serve();
    void look_at_snapshot();
    // Of now: valid until the next wait.
    const config::limit_options& limits() const noexcept {
        return resources_.current->shared->options.limits;
    }
    void report(const std::exception_ptr& thrown) noexcept;
    core::task<afterwards> discard_body(protocol::http1_inbound& answered, core::time_point since);
    void on_reply_waits() noexcept override;
    core::task<> wait_for_end();
    bool is_lingering() const noexcept { return linger_until_ != core::time_point{}; }
    void leave(core::time_point by);
    afterwards look_further();
    core::task<core::result<std::size_t>> read_head();
    core::task<core::result<std::size_t>> read_rest_of_head(http::head_finder finder);
    bool may_read_more();
    void carry_over();
    void count_as(telemetry::connection_state state) noexcept;

    session_resources& resources_;
    session_owner& owner_;
    protocol::door& door_;
    net::stream downstream_;
    protocol::peer peer_;
    std::unique_ptr<protocol::exchange_memory> memory_;  // only while a request is here
    core::time_point started_{};    // of the request that is here: see exchange_record::started
    core::time_point head_came_{};  // the last of its head
    core::time_point idle_until_{};
    core::time_point linger_until_{};          // once it lingers
    core::time_point leave_by_ = core::never;  // once it is to go
    std::size_t requests_ = 0;
    std::uint64_t generation_ = 0;  // of the snapshot by which peer_ is judged
    protocol::carried_exchange* current_ = nullptr;
    telemetry::connection_state counted_ = telemetry::connection_state::active;
    bool is_waiting_ = false;  // for the first byte of a request
    bool discards_ = false;    // it has answered, and reads the rest of the request's body
};

}  // namespace gate::proxy
