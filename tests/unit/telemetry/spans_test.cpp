#include <gate/telemetry/spans.hpp>

#include <catch.hpp>
#include <cstdio>
#include <random>
#include <string>

using gate::telemetry::span_sampler;

namespace {

std::string trace_id(std::uint64_t low) {
    char out[33];
    std::snprintf(out, sizeof out, "ffffffffffffffff%016llx", static_cast<unsigned long long>(low));
    return out;
}

}  // namespace

TEST_CASE("a ratio of 0 takes no trace, and one of 1 takes all") {
    const span_sampler none(0), all(1'000'000);
    for (const std::uint64_t low : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        CHECK_FALSE(none.takes(trace_id(low)));
        CHECK(all.takes(trace_id(low)));
    }
}

TEST_CASE("the last 56 bits of the trace id decide") {
    const span_sampler half(500'000);
    CHECK_FALSE(half.takes(trace_id(0xFF00'0000'0000'0000)));
    CHECK_FALSE(half.takes(trace_id(0x007F'FFFF'FFFF'0000)));
    CHECK(half.takes(trace_id(0x0080'0000'0000'0000)));
}

TEST_CASE("of many traces about the share is taken, and a larger share takes what a smaller one does") {
    std::mt19937_64 random(7);
    const span_sampler tenth(100'000), half(500'000);
    int tenths = 0, halves = 0;
    constexpr int all = 20'000;
    for (int i = 0; i < all; ++i) {
        const auto id = trace_id(random());
        tenths += tenth.takes(id) ? 1 : 0;
        halves += half.takes(id) ? 1 : 0;
        CHECK((!tenth.takes(id) || half.takes(id)));
    }
    CHECK(tenths > all * 9 / 100);
    CHECK(tenths < all * 11 / 100);
    CHECK(halves > all * 48 / 100);
    CHECK(halves < all * 52 / 100);
}
