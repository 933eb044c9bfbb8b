#pragma once
// The sessions of a worker: how connections are let in or refused, who makes room for a newcomer (rule 27),
// and how all of them end.

#include <gate/app/arrivals.hpp>
#include <gate/app/refusals.hpp>
#include <gate/app/shared_parts.hpp>
#include <gate/app/token_rounds.hpp>
#include <gate/proxy/session.hpp>
#include <gate/proxy/session_resources.hpp>

#include <atomic>
#include <cstddef>
#include <exception>

namespace gate::app {

// Not thread-safe, but for what says so: belongs to its worker.
class worker_sessions final : private proxy::session_owner {
public:
    // Clients that have given their place to another, and may still read what they have been answered.
    static constexpr std::size_t max_leaving = 64;

    // Joins the full house as worker `number`; all outlive this object.
    worker_sessions(const shared_parts& parts, proxy::session_resources& resources,
                    const config::config& options, unsigned number);
    worker_sessions(const worker_sessions&) = delete;
    worker_sessions& operator=(const worker_sessions&) = delete;

    // A connection has come. It becomes a session, at once or when it has arrived, unless there is no room:
    // then the client is told so, if it could read that. `by` outlives this object.
    void take(const way_in& by, core::stream_socket socket, const net::remote& from);

    void configure(const config::limit_options& limits);

    // In which sessions look at their tokens and at the policy again.
    token_rounds& rounds() noexcept { return rounds_; }

    void drain();  // closes idle ones, lets running exchanges finish
    void cut();    // aborts what is still running

    // With the clients that are being refused. Thread-safe.
    std::size_t count() const noexcept {
        return count_.load(std::memory_order_relaxed) + refusals_.under_way();
    }

private:
    class admitted_session;

    bool make_room();
    void take_on_its_way(const way_in& by, core::stream_socket socket, const net::remote& from);
    admitted_session& add(const way_in& by, core::stream_socket socket, const net::remote& from,
                          connection_limit::place place);
    void refuse(admitted_session& one, const way_in& by) noexcept;
    bool close_idle();
    void close_idle_for_another();
    void on_end(proxy::session& ended) noexcept override;
    bool release_place(proxy::session& leaving) noexcept override;
    void on_failure(const std::exception& error) noexcept override;

    const shared_parts& parts_;
    proxy::session_resources& resources_;
    const unsigned number_;
    refusals refusals_;
    arrivals arrivals_;
    arrivals answer_arrivals_;
    session_list sessions_;
    token_rounds rounds_;
    std::atomic<std::size_t> count_{0};
    std::size_t leaving_ = 0;  // sessions without a place
};

}  // namespace gate::app
