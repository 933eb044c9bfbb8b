#pragma once
// A client as a test plays it.

#include "scripted_message.hpp"

#include <gate/http/request_facts.hpp>
#include <gate/protocol/inbound.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace gate::test {

class scripted_inbound final : public protocol::inbound {
public:
    // `for_answers`: it is read as the answering listener reads it.
    explicit scripted_inbound(std::string head, bool for_answers = false) : text_(std::move(head)) {
        const http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {}, for_answers};
        if (!http::read_request(text_, rules, facts_)) throw std::invalid_argument("no such request");
        if (!http::has_body(facts_.framing)) body.be_without_body();
    }

    // The client goes away, or ends its side.
    void leave() { see({.has_ended = true, .is_gone = true}); }
    void half_close() { see({.has_ended = true, .is_gone = false}); }
    bool is_watched() const noexcept { return call_ != nullptr; }

    const http::request_facts& asked() const noexcept override { return facts_; }
    bool is_body_read() const noexcept override { return body.is_read(); }
    bool has_early_body() const noexcept override { return body.has_early(); }
    void keep_early_body() override {}
    void give_up_body() noexcept override { is_body_given_up = true; }
    void discard_unknown_body() noexcept override {}
    protocol::body_piece received() override { return body.received(); }
    protocol::body_piece read() override { return body.take(); }
    std::string_view trailers() const noexcept override { return {}; }
    void release() noexcept override {}
    void note_passed_on(bool) noexcept override {}
    bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) override {
        if (!body.is_empty()) return false;
        body.wait.begin(call, self, until);
        return true;
    }
    void interrupt_reading(net::wait_status why) override { body.wait.wake(why); }

    protocol::sent try_send_head(const protocol::response& what, const protocol::response_lines&,
                                 const protocol::outgoing& first) override {
        status = what.head.status;
        return out.send(first.data, first.is_last);
    }
    protocol::sent try_send_interim(const protocol::response& what) override {
        interim.push_back(what.head.status);
        return out.send({}, false);
    }
    protocol::sent try_send_reply(http::reply what, bool closes) override {
        if (lacks_memory) throw std::bad_alloc();
        status = what.status;
        reply = what.reason;
        reply_lines = what.lines;
        retry_after = what.retry_after;
        is_page = what.page != nullptr;
        reply_closes = closes;
        return out.send({}, true);
    }
    protocol::sent try_send(const protocol::outgoing& piece) override {
        return out.send(piece.data, piece.is_last);
    }
    protocol::sent flush() override { return out.flush(); }
    bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) override {
        out.wait.begin(call, self, until);
        return true;
    }
    void interrupt_writing(net::wait_status why) override { out.wait.wake(why); }
    bool has_begun() const noexcept override { return status != 0; }
    std::size_t head_bytes() const noexcept override { return 0; }
    std::size_t reply_bytes() const noexcept override { return 0; }
    void stop_sending() noexcept override {
        is_stopped = true;
        out.wait.wake(net::wait_status::cancelled);
    }
    void reset(core::reason why) noexcept override { was_reset = why; }

    void on_departure(departure_callback call, void* self) override {
        call_ = call;
        self_ = self;
    }
    void stop_watching() noexcept override { call_ = nullptr; }
    protocol::raw_end switch_protocols(const protocol::response& what, const protocol::response_lines&,
                                       std::string& head) override {
        status = what.head.status;
        head = "switched;";
        return {raw, raw_rest};
    }

    scripted_source body;  // of the request
    scripted_sink out;     // the response
    int status = 0;        // of the response, or of the reply; 0: none
    core::reason reply = core::reason::none;
    std::string reply_lines;  // further fields of the reply
    int retry_after = 0;      // of the reply
    bool is_page = false;     // the reply is a document
    core::reason was_reset = core::reason::none;
    std::vector<int> interim;
    net::stream* raw = nullptr;  // what goes on after an upgrade, and what has come of it already
    std::string raw_rest;
    bool lacks_memory = false;  // for a reply
    bool reply_closes = false;
    bool is_body_given_up = false;
    bool is_stopped = false;

private:
    void see(departure seen) {
        if (call_ != nullptr && !call_(self_, seen)) call_ = nullptr;
    }

    std::string text_;
    http::request_facts facts_;
    departure_callback call_ = nullptr;
    void* self_ = nullptr;
};

}  // namespace gate::test
