#include <gate/proxy/relay.hpp>
#include <gate/proxy/tunnel.hpp>

namespace gate::proxy {
core::task<> tunnel::run(std::string_view first_up, std::string_view first_down) {
    core::spawn(run_upwards(first_up));
    co_await copy(upstream_, downstream_, first_down, to_downstream_);
    co_await upwards_;
}

core::task<> tunnel::run_upwards(std::string_view first) {
    co_await copy(downstream_, upstream_, first, to_upstream_);
    upwards_.open();
}

// A side that has ended is told to the other, which may go on; a side that failed ends both.
core::task<> tunnel::copy(net::stream& from, net::stream& to, std::string_view first, std::uint64_t& count) {
    const bool ended = co_await copy_bytes(from, to, first, count);
    if (ended) {
        to.shutdown_send();
    } else {
        from.cut();
        to.cut();
    }
}

core::task<bool> tunnel::copy_bytes(net::stream& from, net::stream& to, std::string_view first,
                                    std::uint64_t& count) {
    gather out;
    out.add(first);
    if (co_await write_all(to, out, idle_) != relay_end::done) co_return false;
    count += first.size();
    net::buffer_pool::block block;
    for (;;) {
        if (!block) block = blocks_.take();
        const auto got = from.try_read(block.span());
        if (got.would_block()) {
            block.release();
            const auto status = co_await from.readable(core::deadline_after(last_byte_, idle_));
            const bool quiet = core::clock::now() >= core::deadline_after(last_byte_, idle_);
            if (status == net::wait_status::cancelled || (status == net::wait_status::timed_out && quiet))
                co_return false;
            continue;
        }
        if (got.eof) co_return true;
        if (got.error != 0) co_return false;
        last_byte_ = core::clock::now();
        out = {};
        out.add({block.data(), got.bytes});
        if (co_await write_all(to, out, idle_) != relay_end::done) co_return false;
        count += got.bytes;
    }
}

}  // namespace gate::proxy
