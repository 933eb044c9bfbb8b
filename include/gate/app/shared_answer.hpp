#pragma once
// An answer that is costly to make: one answer serves all requests that wait for it, and making answers takes
// no more than a tenth of the thread's time however many requests come. No request gets an answer that was
// made before the request came. An answer may have several forms, each made for those who ask for it.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace gate::app {

// Not thread-safe: belongs to the thread of `executor`. Made by std::make_shared.
template <class Answer>
class shared_answer : public std::enable_shared_from_this<shared_answer<Answer>> {
public:
    static constexpr int rest = 9;  // times as long as it took to make
    static constexpr core::duration longest_rest{200};
    static constexpr std::size_t most_at_once = 8;  // requests per answer: sending a long one costs time

    // `make`: an answer of that form; what it throws is thrown out of the event loop.
    shared_answer(core::executor executor, std::function<Answer(unsigned form)> make)
        : timer_(executor), make_(std::move(make)) {}

    // Calls `done` once, later, from the event loop; it returns whether anybody still waited. Never, if this
    // object ends before.
    void ask(std::function<bool(Answer)> done, unsigned form = 0) {
        waiting_.push_back({std::move(done), form});
        if (!is_due_) wait();
    }

private:
    struct waiter {
        std::function<bool(Answer)> done;
        unsigned form;
    };

    void wait() {
        is_due_ = true;
        timer_.expires_at(may_be_made_at_);
        timer_.async_wait([weak = this->weak_from_this()](core::error_code) {
            if (const auto self = weak.lock()) self->answer_some();
        });
    }

    // Those who want what the first one wants, in their order.
    void answer_some() {
        const auto form = waiting_.front().form;
        const auto begin = core::clock::now();
        const auto answer = make_(form);
        const auto end = core::clock::now();
        may_be_made_at_ = end + std::min<core::clock::duration>(rest * (end - begin), longest_rest);
        std::size_t answered = 0;
        for (std::size_t i = 0; answered < most_at_once && i < waiting_.size();) {
            if (waiting_[i].form != form) {
                ++i;
                continue;
            }
            const auto done = std::move(waiting_[i].done);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
            if (done(answer)) ++answered;
        }
        is_due_ = false;
        if (!waiting_.empty()) wait();
    }

    core::timer timer_;
    std::function<Answer(unsigned)> make_;
    std::deque<waiter> waiting_;
    bool is_due_ = false;
    core::time_point may_be_made_at_{};
};

}  // namespace gate::app
