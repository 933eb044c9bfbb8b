#include <gate/app/refusals.hpp>
#include <gate/core/reason.hpp>
#include <gate/http/reply.hpp>
#include <gate/proxy/linger.hpp>

#include <string>
#include <utility>

#include <sys/socket.h>

namespace gate::app {
namespace {

constexpr core::duration time_to_read{1000};

std::string refusal(http::request_id id, std::string_view date) {
    constexpr auto why = core::reason::too_many_connections;
    const auto& what = core::failure_of(why);
    std::string out;
    http::append_reply({.status = what.status,
                        .reason = why,
                        .retry_after = what.retry_after,
                        .request_id = id.view(),
                        .date = date,
                        .close = true},
                       out);
    return out;
}

}  // namespace

void refusals::refuse(core::stream_socket socket) {
    const auto out = refusal(ids_.next(), date_.at(core::wall_clock::now()));
    (void)::send(socket.native_handle(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (under_way() < max_under_way) core::spawn(wait_until_gone(std::move(socket)));
}

core::task<> refusals::wait_until_gone(core::stream_socket socket) {
    under_way_.fetch_add(1, std::memory_order_relaxed);
    {
        net::stream refused(std::move(socket), wheel_);
        const auto until = core::clock::now() + time_to_read;
        co_await proxy::linger(refused, blocks_, until);
    }
    under_way_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace gate::app
