#pragma once
// The two ends of a body as a test plays them: no socket, no time, and nothing happens until the test says
// so.

#include <gate/protocol/message.hpp>

#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace gate::test {

// Who waits, and until when.
class scripted_wait {
public:
    void begin(net::readiness::callback call, void* self, core::time_point until) {
        call_ = call;
        self_ = self;
        until_ = until;
    }
    bool is_waiting() const noexcept { return call_ != nullptr; }
    core::time_point until() const noexcept { return until_; }
    void wake(net::wait_status status) {
        if (const auto call = std::exchange(call_, nullptr)) call(self_, status);
    }

private:
    net::readiness::callback call_ = nullptr;
    void* self_ = nullptr;
    core::time_point until_ = core::never;
};

// What there is to be read of a body.
class scripted_source {
public:
    using state = protocol::body_piece::state;

    // `early`: it has come together with the head.
    void put(std::string data, bool is_last, bool early = false) {
        pieces_.push_back({state::data, std::move(data), is_last, early});
        wait.wake(net::wait_status::ready);
    }
    void end(state how) {
        pieces_.push_back({how, "", false, false});
        wait.wake(net::wait_status::ready);
    }
    // Whatever has come: from now on there is only this. Wakes nobody.
    void cut() noexcept {
        pieces_.clear();
        is_cut_ = true;
    }

    bool has_early() const noexcept { return !pieces_.empty() && pieces_.front().early; }
    bool is_empty() const noexcept { return pieces_.empty() && !is_cut_; }
    bool is_read() const noexcept { return is_read_; }
    void be_without_body() noexcept { is_read_ = true; }

    protocol::body_piece received() {
        if (is_read_) return {.is_last = true};
        return has_early() ? take() : protocol::body_piece{};
    }
    protocol::body_piece take() {
        if (is_cut_) return {.outcome = state::cut};
        if (pieces_.empty()) return {.outcome = state::blocked};
        auto next = std::move(pieces_.front());
        pieces_.pop_front();
        current_ = std::move(next.data);
        is_read_ = next.is_last;
        return {current_, current_.size(), next.outcome, next.is_last};
    }

    scripted_wait wait;

private:
    struct piece {
        state outcome;
        std::string data;
        bool is_last;
        bool early;
    };

    std::deque<piece> pieces_;
    std::string current_;
    bool is_read_ = false;
    bool is_cut_ = false;
};

// What has been sent, and how much more is taken.
class scripted_sink {
public:
    protocol::sent send(std::string_view data, bool is_last) {
        using state = protocol::sent::state;
        is_last_ = is_last;
        if (fails) return {0, state::failed};
        if (blocks) {
            rest_ = data;
            return {0, state::blocked};
        }
        body.append(data);
        is_complete = is_last;
        return {data.size(), state::done};
    }
    protocol::sent flush() { return send(std::exchange(rest_, {}), is_last_); }
    void unblock() {
        blocks = false;
        wait.wake(net::wait_status::ready);
    }

    scripted_wait wait;
    std::string body;
    bool is_complete = false;
    bool blocks = false;
    bool fails = false;

private:
    std::string_view rest_;
    bool is_last_ = false;
};

}  // namespace gate::test
