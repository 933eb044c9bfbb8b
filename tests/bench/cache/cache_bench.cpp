// What a hit costs, and what an entry weighs, beside a plain cache in the same run; and whether the goals are
// met. The digest of the token is not in it. Run: ./run bench-cache
#include "plain_cache.hpp"

#include <gate/auth/token_facts.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <made_identity.hpp>
#include <map>
#include <memory>
#include <token_keys.hpp>
#include <vector>

#include <malloc.h>

namespace {

using namespace gate;

constexpr std::string_view account = "gacct_0123456789abcdefghijklmnop";
constexpr std::string_view identity_begin = "X-Gate-Account-Id: ";
const core::time_point now{std::chrono::seconds(1000)};
const core::time_point later = now + std::chrono::seconds(60);

// Both take their keys from here, at the same cost: the digest itself, or a text of 36 bytes made of it.
class digest_keys {
public:
    const auth::token_key& operator()(std::uint64_t number) { return key_ = mixed_key(number); }

private:
    auth::token_key key_;
};

class text_keys {
public:
    const std::string& operator()(std::uint64_t number) {
        const auto key = mixed_key(number);
        std::memcpy(text_.data() + 4, key.digest.data(), key.digest.size());
        return text_;
    }

private:
    std::string text_ = "agt_" + std::string(sizeof(auth::token_key), ' ');
};

// A little room to spare, as shards do not fill evenly: nothing is evicted.
constexpr std::size_t room_for(std::size_t entries) {
    return entries + entries / 10 + 1000;
}

struct gate_cache {
    using keys = digest_keys;
    explicit gate_cache(std::size_t entries) : cache({.accepted = room_for(entries)}) {}
    void put(const auth::token_key& key) { cache.learn(key, {account, now, later}, now); }
    template <class Take>
    bool find(const auth::token_key& key, Take&& take) {
        return cache.find(key, now, take).state == auth::cache_state::hit;
    }
    auth::token_facts cache;
};

struct map_cache {
    using keys = text_keys;
    explicit map_cache(std::size_t entries) : cache(room_for(entries)) {}
    void put(const std::string& token) { cache.put(token, account, now, later); }
    template <class Take>
    bool find(const std::string& token, Take&& take) {
        return cache.find(token, now, take);
    }
    plain_cache cache;
};

std::size_t heap_in_use() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

// A cache with so many entries, filled once; and what the heap has given for each of them.
template <class Cache>
struct filled {
    explicit filled(std::size_t entries) {
        typename Cache::keys keys;
        const auto before = heap_in_use();
        cache = std::make_unique<Cache>(entries);
        for (std::uint64_t i = 0; i < entries; ++i) cache->put(keys(i));
        bytes_per_entry = static_cast<double>(heap_in_use() - before) / static_cast<double>(entries);
    }
    static filled& of(std::size_t entries) {
        static std::map<std::size_t, filled> all;
        return all.try_emplace(entries, entries).first->second;
    }

    std::unique_ptr<Cache> cache;
    double bytes_per_entry = 0;
};

template <class Cache>
void hit(benchmark::State& state) {
    const auto entries = static_cast<std::uint64_t>(state.range(0));
    const auto asked = static_cast<std::uint64_t>(state.range(1));  // so many of them, all alike
    auto& cache = *filled<Cache>::of(entries).cache;
    typename Cache::keys keys;
    auth::identity who;
    std::uint64_t random = 1 + static_cast<std::uint64_t>(state.thread_index());
    std::uint64_t hits = 0;
    for (auto _ : state) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const auto number = (random >> 32U) * asked >> 32U;
        hits += cache.find(
                    keys(number),
                    [&](std::string_view id) { auth::identity_for_tests::assign(who, identity_begin, id); })
                    ? 1
                    : 0;
        benchmark::DoNotOptimize(who);
    }
    if (hits != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("not a hit");
    state.SetItemsProcessed(state.iterations());
}

// Keeps one figure of each case, in ns. One thread: the best CPU time, of the run that others disturbed
// least. Two: the median by the clock, because it matters who waits for whom.
class figures : public benchmark::ConsoleReporter {
public:
    figures() : ConsoleReporter(OO_None) {}

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const auto& run : runs) {
            if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
            auto& own = times_[run.run_name.str()];
            own.threads = run.threads;
            own.each.push_back(run.threads == 1 ? run.GetAdjustedCPUTime() : run.GetAdjustedRealTime());
        }
    }

    bool has(const std::string& name) const { return times_.contains(name); }
    double of(const std::string& name) {
        auto& [each, threads] = times_.at(name);
        std::ranges::sort(each);
        return each[threads == 1 ? 0 : each.size() / 2];
    }

private:
    struct times {
        std::vector<double> each;
        std::int64_t threads = 1;
    };
    std::map<std::string, times> times_;
};

struct goal {
    const char* what;
    const char* which;  // of the names that Google Benchmark makes
    double at_least;    // times as fast; 0: none
};
constexpr goal goals[] = {
    {"hit, 1 000 entries", "/1000/1000/real_time/threads:1", 1.0},
    {"hit, 1 000 000 entries", "/1000000/1000000/real_time/threads:1", 1.3},
    {"hit, 1 000 entries, 2 threads", "/1000/1000/real_time/threads:2", 1.7},
    {"hit, 1 000 000 entries, 2 threads", "/1000000/1000000/real_time/threads:2", 1.7},
    {"hit, 1 of 1 000 entries", "/1000/1/real_time/threads:1", 0},
    {"hit, 1 of 1 000 entries, 2 threads", "/1000/1/real_time/threads:2", 0},
};
constexpr double most_bytes = 200;  // of an entry, beside the account id

const char* verdict(bool met) {
    return met ? "met" : "MISSED";
}

bool print_times(figures& found) {
    bool all_met = true;
    std::printf("\n%-36s%10s%10s%9s   %s\n", "ns for each (CPU; 2 threads: clock)", "map", "gate", "ratio",
                "goal");
    for (const auto& [what, which, at_least] : goals) {
        if (!found.has(std::string("map") + which) || !found.has(std::string("gate") + which)) continue;
        const double map = found.of(std::string("map") + which);
        const double own = found.of(std::string("gate") + which);
        const double ratio = map / own;
        std::printf("%-36s%10.1f%10.1f%9.2f   ", what, map, own, ratio);
        if (at_least == 0) {
            std::puts("-");
            continue;
        }
        std::printf("%.1f, %s\n", at_least, verdict(ratio >= at_least));
        all_met = all_met && ratio >= at_least;
    }
    return all_met;
}

bool print_bytes(std::size_t entries) {
    const auto size = static_cast<double>(account.size());
    const double map = filled<map_cache>::of(entries).bytes_per_entry - size;
    const double own = filled<gate_cache>::of(entries).bytes_per_entry - size;
    std::printf("%-36s%10.1f%10.1f%9.2f   %.0f, %s\n", "bytes beside the account id", map, own, map / own,
                most_bytes, verdict(own <= most_bytes));
    return own <= most_bytes;
}

// The bound that the header of the cache promises.
bool print_most_bytes(std::size_t entries) {
    const std::string longest(auth::identity::max_account_id, 'a');
    const auto before = heap_in_use();
    auth::token_facts cache({.accepted = entries});
    for (std::uint64_t i = 0; i < entries * 2; ++i) cache.learn(mixed_key(i), {longest, now, later}, now);
    const double each =
        static_cast<double>(heap_in_use() - before) / static_cast<double>(cache.sizes().accepted);
    const double bound = static_cast<double>(auth::max_entry_bytes);
    std::printf("%-36s%10s%10.1f%9s   %.0f, %s\n", "bytes with the longest account id", "-", each, "-", bound,
                verdict(each <= bound));
    return each <= bound;
}

template <class Cache>
void add(const char* name) {
    auto* hits = benchmark::RegisterBenchmark(name, hit<Cache>)->UseRealTime();
    hits->Args({1000, 1000})->Args({1000, 1})->Args({1'000'000, 1'000'000})->Threads(1)->Threads(2);
    hits->Setup(
        [](const benchmark::State& state) { filled<Cache>::of(static_cast<std::size_t>(state.range(0))); });
}

}  // namespace

int main(int argc, char** argv) {
    double load = 0;
    (void)::getloadavg(&load, 1);
    // Short runs of both in turn, so that what disturbs the machine disturbs both.
    char turns[] = "--benchmark_enable_random_interleaving=true";
    char repetitions[] = "--benchmark_repetitions=20";
    char time[] = "--benchmark_min_time=0.1";
    std::vector<char*> arguments{argv[0], turns, repetitions, time};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());

    add<map_cache>("map");
    add<gate_cache>("gate");
    figures reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    const bool fast = print_times(reporter);
    const bool small = print_bytes(1'000'000) && print_most_bytes(100'000);
    if (load > 0.5) std::printf("(load average %.1f: others disturb the rows with 2 threads)\n", load);
    return fast && small ? 0 : 1;
}
