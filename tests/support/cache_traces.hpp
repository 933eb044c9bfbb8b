#pragma once
// Requests as caches meet them: which keys are asked for, and whose hits count. The same on every run.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace traces {

struct request {
    std::uint64_t key;
    bool counts;  // towards the hit ratio: those that come once can never hit
};
using trace = std::vector<request>;

// Keys 0..size-1, the k-th asked for in proportion to 1/(k+1)^skew; skew 0: all alike.
class zipf {
public:
    zipf(std::size_t size, double skew, std::uint64_t seed = 1) : random_(seed) {
        double sum = 0;
        for (std::size_t k = 1; k <= size; ++k) sums_.push_back(sum += std::pow(double(k), -skew));
    }
    std::uint64_t operator()() {
        const double at = std::uniform_real_distribution<double>(0, sums_.back())(random_);
        const auto found = std::ranges::upper_bound(sums_, at);
        return static_cast<std::uint64_t>(std::min(found, sums_.end() - 1) - sums_.begin());
    }

private:
    std::mt19937_64 random_;
    std::vector<double> sums_;
};

// Keys that come once, and look like no other.
class one_time_keys {
public:
    std::uint64_t operator()() { return next_++; }

private:
    std::uint64_t next_ = std::uint64_t{1} << 40U;
};

inline trace of(zipf keys, std::size_t length) {
    trace out(length);
    for (auto& each : out) each = {keys(), true};
    return out;
}

// Before each of `length` good requests come `rate` one-time keys; the good ones are alone for the first
// `warm` requests, which do not count.
inline trace flood(zipf keys, std::size_t warm, std::size_t length, std::size_t rate) {
    trace out;
    one_time_keys once;
    for (std::size_t i = 0; i < warm; ++i) out.push_back({keys(), false});
    for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t k = 0; k < rate; ++k) out.push_back({once(), false});
        out.push_back({keys(), true});
    }
    return out;
}

// After every `every` good requests come `size` one-time keys in a row.
inline trace scan(zipf keys, std::size_t length, std::size_t every, std::size_t size) {
    trace out;
    one_time_keys once;
    for (std::size_t i = 0; i < length; ++i) {
        if (i % every == every - 1) {
            for (std::size_t k = 0; k < size; ++k) out.push_back({once(), false});
        }
        out.push_back({keys(), i >= every});
    }
    return out;
}

// The keys that are in use are others after every `every` requests, with `rate` one-time keys before each.
inline trace drift(zipf keys, std::size_t length, std::size_t every, std::size_t rate) {
    trace out;
    one_time_keys once;
    for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t k = 0; k < rate; ++k) out.push_back({once(), false});
        out.push_back({keys() + i / every * 1'000'000, true});
    }
    return out;
}

template <class Cache>
double hit_ratio(Cache&& cache, const trace& requests) {
    std::size_t asked = 0;
    std::size_t hits = 0;
    for (const auto& [key, counts] : requests) {
        const bool hit = cache.request(key);
        asked += counts ? 1 : 0;
        hits += counts && hit ? 1 : 0;
    }
    return asked == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(asked);
}

}  // namespace traces
