#include <gate/telemetry/exemplar.hpp>

#include <bit>
#include <cstring>

namespace gate::telemetry {
namespace {

constexpr int most_looks = 4;

}  // namespace

// Each store of a field is a release after the count has become odd: who reads a new field, with acquire,
// then reads a count that has changed. Fences would say the same, but ThreadSanitizer does not know them.
void exemplar_slot::put(const exemplar& one) noexcept {
    const auto before = changes_.load(std::memory_order_relaxed);
    changes_.store(before + 1, std::memory_order_relaxed);
    std::array<word, sizeof(trace_id_text) / sizeof(word)> words;
    static_assert(sizeof words == sizeof one.trace_id);
    std::memcpy(words.data(), one.trace_id.data(), sizeof words);
    for (std::size_t i = 0; i < words.size(); ++i) trace_id_[i].store(words[i], std::memory_order_release);
    nanoseconds_.store(one.value.count(), std::memory_order_release);
    at_.store(one.at.time_since_epoch().count(), std::memory_order_release);
    changes_.store(before + 2, std::memory_order_release);
}

std::optional<exemplar> exemplar_slot::read() const noexcept {
    for (int look = 0; look < most_looks; ++look) {
        const auto before = changes_.load(std::memory_order_acquire);
        if (before == 0) return {};
        if (before % 2 != 0) continue;
        std::array<word, sizeof(trace_id_text) / sizeof(word)> words;
        for (std::size_t i = 0; i < words.size(); ++i)
            words[i] = trace_id_[i].load(std::memory_order_acquire);
        const std::chrono::nanoseconds value(nanoseconds_.load(std::memory_order_acquire));
        const core::time_point at(core::time_point::duration(at_.load(std::memory_order_acquire)));
        if (changes_.load(std::memory_order_relaxed) != before) continue;
        return exemplar{std::bit_cast<trace_id_text>(words), value, at};
    }
    return {};
}

}  // namespace gate::telemetry
