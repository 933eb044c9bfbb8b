#pragma once
// An upstream as a test plays it, and where an exchange leases its places there.

#include <gate/http/head_parser.hpp>
#include <gate/protocol/outbound.hpp>

#include <deque>
#include <scripted_message.hpp>
#include <stdexcept>
#include <string>

namespace gate::test {

class scripted_outbound final : public protocol::outbound {
public:
    // A response head, complete with its empty line.
    void answer(std::string head) {
        heads_.push_back(std::move(head));
        any_byte_ = true;
        in.wait.wake(net::wait_status::ready);
    }
    // No response comes, for this reason; `any_byte`: a part of one has come.
    void fail(core::reason why, bool any_byte = false) {
        failure_ = why;
        any_byte_ = any_byte_ || any_byte;
        in.wait.wake(net::wait_status::ready);
    }
    void time_out() { in.wait.wake(net::wait_status::timed_out); }

    bool is_reused() const noexcept override { return was_idle; }
    protocol::sent try_send_head(const protocol::request_text& head,
                                 const protocol::outgoing& first) override {
        text = head.text;
        verb_ = head.verb;
        return out.send(first.data, first.is_last);
    }
    protocol::sent try_send(const protocol::outgoing& piece) override {
        return out.send(piece.data, piece.is_last);
    }
    protocol::sent flush() override { return out.flush(); }
    bool is_sent() const noexcept override { return out.is_complete; }
    bool has_sent_any() const noexcept override { return has_taken_any; }
    void stop_sending() noexcept override { is_half_closed = true; }
    bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) override {
        out.wait.begin(call, self, until);
        return true;
    }
    void interrupt_writing(net::wait_status why) override { out.wait.wake(why); }

    protocol::head_search received_head(protocol::response& to) override {
        return heads_.empty() ? protocol::head_search{} : read_head(to);
    }
    protocol::head_search read_head(protocol::response& to) override {
        if (is_cancelled) return {.failure = core::reason::upstream_reset};
        if (heads_.empty()) return {.failure = failure_};
        current_ = std::move(heads_.front());
        heads_.pop_front();
        if (!http::parse_response_head(current_, {16384, 100, 8192}, to.head))
            throw std::invalid_argument("no such response");
        http::read_connection_options(to.head, to.connection);
        to.framing = http::response_framing(to.head, verb_).value();
        if (to.head.status >= 200 && !http::has_body(to.framing)) in.be_without_body();
        return {.is_found = true};
    }
    bool any_byte() const noexcept override { return any_byte_; }
    protocol::body_piece received() override { return in.received(); }
    protocol::body_piece read() override { return in.take(); }
    std::string_view trailers() const noexcept override { return {}; }
    void release() noexcept override {}
    void note_passed_on(bool) noexcept override {}
    bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) override {
        if (!in.is_empty() || !heads_.empty() || is_cancelled || failure_ != core::reason::none) return false;
        in.wait.begin(call, self, until);
        return true;
    }
    void interrupt_reading(net::wait_status why) override { in.wait.wake(why); }

    // What the event loop would do after a cancel().
    void settle() {
        if (is_cancelled) in.wait.wake(net::wait_status::ready);
    }
    void cancel() noexcept override {
        is_cancelled = true;
        in.cut();
    }
    void finish(core::time_point, bool may_keep) override {
        is_finished = true;
        is_kept = may_keep && is_sent();
    }
    protocol::raw_end take_over() override { return {raw, raw_rest}; }
    void leave() noexcept override { has_left = true; }

    scripted_source in;          // the body of the response
    scripted_sink out;           // that of the request
    std::string text;            // the head of the request
    net::stream* raw = nullptr;  // what goes on after an upgrade, and what has come of it already
    std::string raw_rest;
    bool was_idle = false;
    bool has_taken_any = true;
    bool is_half_closed = false;
    bool is_cancelled = false;
    bool is_finished = false;
    bool is_kept = false;
    bool has_left = false;

private:
    std::deque<std::string> heads_;
    std::string current_;
    http::method verb_ = http::method::other;
    core::reason failure_ = core::reason::none;
    bool any_byte_ = false;
};

// Hands out an idle place if there is one, else a fresh one; `refusal`: no fresh one, for this reason.
class scripted_upstream final : public protocol::outbound_source {
public:
    protocol::outbound_pointer lease_idle(net::party*) override {
        if (!has_idle || idle.is_leased) return nullptr;
        idle.is_leased = true;
        idle.place.was_idle = true;
        return protocol::outbound_pointer(&idle.place);
    }
    core::task<core::result<protocol::outbound_pointer>> lease(net::connection_pool::preference,
                                                               net::party*) override {
        ++fresh_leases;
        if (refusal != core::reason::none) co_return refusal;
        protocol::outbound_pointer made(&fresh);
        co_return made;
    }

    struct {
        scripted_outbound place;
        bool is_leased = false;
    } idle;
    scripted_outbound fresh;
    bool has_idle = false;
    int fresh_leases = 0;
    core::reason refusal = core::reason::none;
};

}  // namespace gate::test
