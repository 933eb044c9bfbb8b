#include <gate/proxy/linger.hpp>
#include <gate/proxy/relay.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

namespace gate::proxy {

core::task<> linger(net::stream& downstream, net::buffer_pool& blocks, const core::time_point& until) {
    downstream.shutdown_send();
    net::buffer_pool::block block;
    turn_taker turn;
    for (;;) {
        if (!block) block = blocks.take();
        const auto got = downstream.try_read(block.span());
        if (got.would_block()) {
            block.release();
            const auto now = core::clock::now();
            if (now >= until) break;
            const auto status = co_await downstream.readable(std::min(now + linger_patience, until));
            if (status != net::wait_status::ready) break;
            continue;
        }
        if (!got.ok()) break;
        ::explicit_bzero(block.data(), got.bytes);  // further requests may be among it
        if (!turn.is_over(got.bytes)) continue;
        co_await core::asio::post(downstream.socket().get_executor(), core::use_task);
        if (core::clock::now() >= until) break;
    }
}

}  // namespace gate::proxy
