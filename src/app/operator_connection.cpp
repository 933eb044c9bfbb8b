#include "operator_connection.hpp"

#include <gate/core/task.hpp>
#include <gate/net/tls_handshake.hpp>

#include <optional>

namespace gate::app {
namespace {

// A handshake is a coroutine of the kind that sessions have: this wakes the one that waits for it.
struct expected_handshake {
    explicit expected_handshake(const core::executor& executor) : over(executor, core::never) {}

    core::timer over;
    std::optional<net::handshake_result> result;
};

core::task<> run_handshake(net::stream& on, std::shared_ptr<net::server_tls> with,
                           std::shared_ptr<expected_handshake> into) {
    auto result = net::handshake_result::failed;
    try {
        result = co_await net::accept_tls(on, std::move(with), core::never);
    } catch (const std::exception&) {  // want of memory
        result = net::handshake_result::failed;
    }
    into->result = result;
    into->over.cancel();
}

}  // namespace

operator_connection::operator_connection(core::stream_socket accepted, net::deadline_wheel& wheel)
    : bytes_(std::move(accepted), wheel),
      due_(
          wheel, [](void* self) { static_cast<operator_connection*>(self)->close(); }, this) {}

// A handshake waits inside the stream, which its socket must not leave then.
void operator_connection::close() noexcept {
    core::error_code ignored;
    if (is_shaking_hands_) {
        if (ended == ending::open) ended = ending::cut;
        bytes_.cut();
    } else {
        bytes_.socket().close(ignored);
    }
}

awaitable<net::handshake_result> operator_connection::shake_hands(std::shared_ptr<net::server_tls> with) {
    const auto expected = std::make_shared<expected_handshake>(get_executor());
    is_shaking_hands_ = true;
    core::spawn(run_handshake(bytes_, std::move(with), expected));
    if (!expected->result) co_await expected->over.async_wait(use_awaitable);
    is_shaking_hands_ = false;
    if (bytes_.is_cut()) co_return net::handshake_result::cut;
    co_return expected->result.value_or(net::handshake_result::failed);
}

}  // namespace gate::app
