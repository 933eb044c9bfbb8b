#pragma once
// Asynchronous work in a program that has nothing else to do: the subcommands.

#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <optional>
#include <stdexcept>

namespace gate::app {

namespace detail {

template <class T>
core::task<> keep(core::task<T> work, std::optional<T>& into) {
    into = co_await std::move(work);
}

}  // namespace detail

// The result of `work`; runs `context` for as long as that takes, and no longer.
template <class T>
T run_to_end(core::asio::io_context& context, core::task<T> work) {
    std::optional<T> out;
    core::spawn(detail::keep(std::move(work), out));
    context.restart();
    while (!out && context.run_one() != 0) {
    }
    if (!out) throw std::logic_error("the work has not come to its end");
    return std::move(*out);
}

}  // namespace gate::app
