#pragma once
// Bytes in both directions after an accepted upgrade, each with back-pressure, until both sides have ended.

#include <gate/core/latch.hpp>
#include <gate/core/task.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/stream.hpp>

#include <cstdint>
#include <string_view>

namespace gate::proxy {

class tunnel {
public:
    // `idle`: without a byte in either direction; 0: no limit. All outlive this object.
    tunnel(net::buffer_pool& blocks, net::stream& downstream, net::stream& upstream,
           core::duration idle) noexcept
        : blocks_(blocks), downstream_(downstream), upstream_(upstream), idle_(idle) {}

    // `first_up`, `first_down`: what has to go before anything that is read.
    core::task<> run(std::string_view first_up, std::string_view first_down);

    std::uint64_t to_upstream() const noexcept { return to_upstream_; }
    std::uint64_t to_downstream() const noexcept { return to_downstream_; }

private:
    core::task<> run_upwards(std::string_view first);
    core::task<> copy(net::stream& from, net::stream& to, std::string_view first, std::uint64_t& count);
    core::task<bool> copy_bytes(net::stream& from, net::stream& to, std::string_view first,
                                std::uint64_t& count);

    net::buffer_pool& blocks_;
    net::stream& downstream_;
    net::stream& upstream_;
    core::duration idle_;
    core::latch upwards_;
    core::time_point last_byte_ = core::clock::now();
    std::uint64_t to_upstream_ = 0;
    std::uint64_t to_downstream_ = 0;
};

}  // namespace gate::proxy
