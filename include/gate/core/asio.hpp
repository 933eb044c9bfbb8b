#pragma once
// Asio as this program uses it: concrete executors, and a completion token that lets a task await any
// asynchronous operation:   auto [ec, n] = co_await socket.async_read_some(buffer, use_task);

#include <gate/core/clock.hpp>
#include <gate/core/result.hpp>
#include <gate/core/shared_scratch.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <coroutine>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gate::core {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;
using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
// Of any stream: TCP, Unix.
using stream_protocol = asio::generic::stream_protocol;
using stream_socket = asio::basic_stream_socket<stream_protocol, executor>;
using stream_acceptor = asio::basic_socket_acceptor<stream_protocol, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;
using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;

struct use_task_t {};
inline constexpr use_task_t use_task{};

namespace detail {

// The state lives in the awaiting coroutine's frame; the handler is two words.
template <class Initiation, class InitArgs, class... Results>
class operation_awaiter {
public:
    operation_awaiter(Initiation initiation, InitArgs args)
        : initiation_(std::move(initiation)), args_(std::move(args)) {}

    bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<> awaiting) {
        expect_no_loans();
        std::apply(
            [&](auto&&... args) {
                std::move(initiation_)(handler{this, awaiting}, std::forward<decltype(args)>(args)...);
            },
            std::move(args_));
    }

    std::tuple<Results...> await_resume() { return std::move(*results_); }

private:
    struct handler {
        operation_awaiter* self;
        std::coroutine_handle<> awaiting;

        void operator()(Results... results) const {
            self->results_.emplace(std::move(results)...);
            awaiting.resume();
        }
    };

    Initiation initiation_;
    InitArgs args_;
    std::optional<std::tuple<Results...>> results_;
};

}  // namespace detail
}  // namespace gate::core

template <class... Results>
class boost::asio::async_result<gate::core::use_task_t, void(Results...)> {
public:
    template <class Initiation, class... InitArgs>
    static auto initiate(Initiation&& initiation, gate::core::use_task_t, InitArgs&&... args) {
        using stored = std::tuple<std::decay_t<InitArgs>...>;
        return gate::core::detail::operation_awaiter<std::decay_t<Initiation>, stored,
                                                     std::decay_t<Results>...>(
            std::forward<Initiation>(initiation), stored(std::forward<InitArgs>(args)...));
    }
};
