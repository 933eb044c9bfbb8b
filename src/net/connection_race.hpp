#pragma once
// Attempts to connect that are under way at the same time. Not thread-safe: belongs to its worker.

#include <gate/net/connector.hpp>

#include <coroutine>
#include <list>
#include <optional>

namespace gate::net {

// What an errno of a connection that is being opened says of the upstream.
core::reason reason_of_errno(int error) noexcept;

class connection_race {
public:
    // All outlive this object. It tells `attempts` of those that fail.
    connection_race(core::executor executor, deadline_wheel& wheel, connect_attempts& attempts);
    ~connection_race();
    connection_race(const connection_race&) = delete;
    connection_race& operator=(const connection_race&) = delete;

    void begin(std::size_t attempt, const core::stream_protocol::endpoint& address);
    void abandon(std::size_t attempt) noexcept;

    // Not null once one of them has connected.
    std::unique_ptr<stream> take_winner() noexcept { return std::move(winner_); }
    std::size_t winner() const noexcept { return winning_attempt_; }

    // co_await: until one has ended since the last wait, or until `until`.
    class news;
    news has_news(core::time_point until) noexcept;

private:
    struct attempt {
        connection_race& in;
        std::size_t number;
        std::unique_ptr<stream> bytes;

        void wait();
        void end() noexcept;
        static void on_event(void* self, wait_status);
    };

    void has_ended(attempt& one, std::optional<core::reason> failure);
    void wake();

    core::executor executor_;
    deadline_wheel& wheel_;
    connect_attempts& attempts_;
    std::list<attempt> under_way_;
    std::unique_ptr<stream> winner_;
    std::size_t winning_attempt_ = 0;
    bool has_news_ = false;
    std::coroutine_handle<> awaiting_{};
    deadline due_;
};

class connection_race::news {
public:
    news(connection_race& of, core::time_point until) noexcept : of_(of), until_(until) {}

    bool await_ready() const noexcept { return of_.has_news_; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
        core::expect_no_loans();
        of_.awaiting_ = awaiting;
        of_.due_.set(until_);
    }
    void await_resume() const noexcept {
        of_.has_news_ = false;
        of_.due_.clear();
    }

private:
    connection_race& of_;
    core::time_point until_;
};

inline connection_race::news connection_race::has_news(core::time_point until) noexcept {
    return {*this, until};
}

}  // namespace gate::net
