// Hit ratios of eviction policies, in a table: what the choice of include/gate/auth/s3_fifo.hpp rests on.
#include <gate/auth/token_facts.hpp>

#include <cache_traces.hpp>
#include <chrono>
#include <cstdio>
#include <eviction_models.hpp>
#include <token_keys.hpp>

namespace {

using namespace gate;

// The token cache as it is in the product, with its shards.
class token_cache {
public:
    static constexpr std::string_view name = "gate";
    explicit token_cache(std::size_t max) : facts_({.accepted = max}) {}

    bool request(std::uint64_t number) {
        const auto key = mixed_key(number);
        if (facts_.find(key, now_, [](std::string_view) {}).state == auth::cache_state::hit) return true;
        facts_.learn(key, {"gacct_0123456789abcdefghijklmnop", now_, now_ + std::chrono::seconds(60)}, now_);
        return false;
    }

private:
    auth::token_facts facts_;
    core::time_point now_{};
};

template <class... Policies>
struct columns {
    static void head() {
        std::printf("%-58s", "hit ratio of the keys in use, %");
        (std::printf("%9s", Policies::name.data()), ...);
        std::puts("");
    }
    static void row(const char* what, std::size_t size, const traces::trace& requests) {
        std::printf("%-58s", what);
        (std::printf("%9.1f", 100 * traces::hit_ratio(Policies(size), requests)), ...);
        std::puts("");
    }
};

using table = columns<eviction::lru, eviction::sieve, eviction::s3_fifo, token_cache>;
using traces::zipf;

}  // namespace

int main() {
    constexpr std::size_t size = 10'000;
    std::printf("Caches of %zu entries; `gate` is the product's, in 16 shards.\n\n", size);
    table::head();
    table::row("Zipf 0.8 over 100 000 keys", size, of(zipf(100'000, 0.8), 1'000'000));
    table::row("Zipf 1.0 over 100 000 keys", size, of(zipf(100'000, 1.0), 1'000'000));
    table::row("Zipf 1.0 over 1 000 000 keys", size, of(zipf(1'000'000, 1.0), 1'000'000));
    table::row("Zipf 1.0 over 100 000, a scan of 20 000 each 50 000", size,
               scan(zipf(100'000, 1.0), 500'000, 50'000, 20'000));
    table::row("5 000 alike, a scan of 20 000 each 50 000", size,
               scan(zipf(5'000, 0), 500'000, 50'000, 20'000));
    table::row("5 000 alike, one-time keys at their rate", size, flood(zipf(5'000, 0), 50'000, 200'000, 1));
    table::row("5 000 alike, one-time keys at 10 times their rate", size,
               flood(zipf(5'000, 0), 50'000, 200'000, 10));
    table::row("5 000 alike, one-time keys at 100 times their rate", size,
               flood(zipf(5'000, 0), 50'000, 50'000, 100));
    table::row("8 000 alike, one-time keys at 10 times their rate", size,
               flood(zipf(8'000, 0), 80'000, 200'000, 10));
    table::row("Zipf 1.0 over 100 000, one-time keys at 10 times", size,
               flood(zipf(100'000, 1.0), 100'000, 200'000, 10));
    table::row("5 000 alike, others after each 50 000", size, drift(zipf(5'000, 0), 500'000, 50'000, 0));
    table::row("5 000 alike, others after each 50 000, one-time at 1", size,
               drift(zipf(5'000, 0), 500'000, 50'000, 1));
    table::row("5 000 alike, others after each 50 000, one-time at 10", size,
               drift(zipf(5'000, 0), 500'000, 50'000, 10));
    table::row("1 000 alike, others after each 50 000, one-time at 10", size,
               drift(zipf(1'000, 0), 500'000, 50'000, 10));
}
