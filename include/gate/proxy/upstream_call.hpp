#pragma once
// What an exchange does at the upstream once the request may pass: lease a place, send the request while the
// response is received, pass the response on, and try again where rule 23 allows it.

#include <gate/auth/access.hpp>
#include <gate/core/latch.hpp>
#include <gate/protocol/inbound.hpp>
#include <gate/protocol/outbound.hpp>
#include <gate/proxy/echo.hpp>
#include <gate/proxy/exchange_record.hpp>
#include <gate/proxy/relay.hpp>
#include <gate/proxy/requester.hpp>
#include <gate/proxy/session_resources.hpp>
#include <gate/proxy/tunnel.hpp>
#include <gate/proxy/upstream_party.hpp>

#include <optional>
#include <string>

namespace gate::proxy {

class upstream_call {
public:
    // All outlive this object; `by` is the configuration that the exchange has begun with.
    upstream_call(session_resources& resources, const local_snapshot& by, protocol::inbound& inbound,
                  const requester& asker, auth::access& access, exchange_record& record) noexcept
        : resources_(resources),
          local_(by),
          inbound_(inbound),
          asked_(inbound.asked()),
          asker_(asker),
          access_(access),
          record_(record) {}
    upstream_call(const upstream_call&) = delete;
    upstream_call& operator=(const upstream_call&) = delete;

    // Passes the request on and the response back. Precondition: access lets the request pass. Throws on
    // unexpected failures, such as a lack of memory. `now`: when that was decided. `instead`: where it goes
    // in place of the upstream, and outlives this object; null: nowhere.
    core::task<core::reason> run(core::time_point now, const echo* instead = nullptr);
    // Rule 23: whether a call that ended for this reason may be tried once more.
    bool may_retry(core::reason why) const noexcept;
    core::task<core::reason> retry();
    // Ends all that still runs at the upstream.
    void part() noexcept;

    // See exchange. They may run it to its end.
    void cut(core::reason why) noexcept;
    void withdraw(core::reason why);
    void drain();

    // We have ended the call early.
    bool is_halted() const noexcept { return halted_ != core::reason::none; }
    // Nothing has been sent yet; the access decision is checked again before anything is.
    bool waits_for_place() const noexcept { return !place_; }
    bool is_upgraded() const noexcept { return is_upgraded_; }
    // The two sides decide how long the call lasts: it is a WebSocket, or an event stream.
    bool is_stream() const noexcept { return tunnel_ != nullptr || sends_events_; }
    // Why the present configuration would refuse the request; none: it would not. A request whose token Gate
    // has not verified counts as one without a token. Takes note if the request is in shadow no more.
    core::reason refusal_of_now();

private:
    using preference = net::connection_pool::preference;

    // the request
    core::task<core::reason> attempt(preference which, core::time_point now);
    core::task<core::reason> send_on_new_place(preference which);
    core::task<core::reason> send();
    core::task<core::reason> send_if_confirmed();
    protocol::sent send_head(const protocol::outgoing& first);
    core::task<core::reason> send_without_body();
    core::task<core::reason> send_while_receiving(protocol::body_piece first, protocol::sent put);
    core::task<> pump_request(protocol::body_piece first, protocol::sent put);
    relay& prepare_pump();
    core::task<> stop_pump();
    core::reason reason_of_no_place(core::reason why) const noexcept;
    auth::client_id asker() const noexcept { return client_id_of(asker_.address()); }

    // the response
    core::task<core::reason> receive();
    core::time_point response_due(core::time_point before) const noexcept;
    bool is_upstream_due() const noexcept;
    core::reason reason_of_silence(core::reason why) const noexcept;
    // They take the loan, and give it back before they wait.
    core::task<core::reason> pass_interim(protocol::response_loan&& from);
    core::task<core::reason> deliver(protocol::response_loan&& from);
    core::task<core::reason> switch_protocols(protocol::response_loan&& from);
    core::reason delivered(relay_end end);
    core::reason reason_of_download(relay_end end) const noexcept;

    // the client
    void watch_client();
    static bool on_departure(void* self, protocol::inbound::departure seen);
    bool has_left_event_stream() const noexcept { return client_has_ended_ && sends_events_; }

    const snapshot& by() const noexcept { return *local_.shared; }
    const config::config& options() const noexcept { return local_.shared->options; }
    const upstream_place& upstream() const noexcept { return *leads_to_; }
    core::duration patience() const noexcept { return settings_->body_timeout; }

    session_resources& resources_;
    const local_snapshot& local_;
    protocol::inbound& inbound_;
    const http::request_facts& asked_;
    const requester& asker_;
    auth::access& access_;
    exchange_record& record_;
    const route_settings* settings_ = nullptr;  // of the route that it takes
    const upstream_place* leads_to_ = nullptr;
    bool is_echoed_ = false;
    upstream_party party_;
    protocol::outbound_pointer place_;
    core::time_point response_due_from_{};
    core::latch pump_;
    std::optional<relay> upload_;
    std::optional<relay> download_;
    tunnel* tunnel_ = nullptr;  // once it is a WebSocket
    core::reason upload_failure_ = core::reason::none;
    core::reason halted_ = core::reason::none;  // why we have ended it: client gone, token refused, shutdown
    bool pump_runs_ = false;
    bool stopping_ = false;
    bool client_has_ended_ = false;  // it sends nothing more
    bool sends_events_ = false;      // the response is an event stream
    bool is_upgraded_ = false;
};

}  // namespace gate::proxy
