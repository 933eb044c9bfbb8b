#include <gate/auth/account_records.hpp>
#include <gate/core/mix.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace gate::auth {
namespace {

using record = account_records::record;

constexpr std::size_t set_size = 8;  // a cache line

// A record is one word, so that it changes hands in one step: whose it is (the upper bits of the key; the set
// shows the others), and how many it holds.
constexpr unsigned count_bits = 24;
constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;

constexpr std::uint64_t owner_of(std::uint64_t word) noexcept {
    return word & ~count_mask;
}
constexpr std::uint32_t count_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word & count_mask);
}

std::uint64_t look(record& at) noexcept {
    return std::atomic_ref(at).load(std::memory_order_relaxed);
}

bool replace(record& at, std::uint64_t& seen, std::uint64_t by) noexcept {
    return std::atomic_ref(at).compare_exchange_weak(seen, by, std::memory_order_relaxed);
}

// One more, if the record is still `owner`'s.
bool take_one(record& at, std::uint64_t seen, std::uint64_t owner) noexcept {
    while (owner_of(seen) == owner) {
        if (replace(at, seen, seen + 1)) return true;
    }
    return false;
}

std::uint64_t word_at(const void* bytes) noexcept {
    std::uint64_t out;
    std::memcpy(&out, bytes, sizeof out);
    return out;
}

}  // namespace

account_records::key account_records::within(std::uint64_t part, key whose) noexcept {
    return part == 0 ? whose : key{core::mix(whose.bits ^ core::mix(part))};
}

account_records::account_records(std::size_t most, std::uint64_t seed)
    : ways_(std::min(most, set_size)),
      sets_(most / ways_),
      seed_(core::mix(seed)),
      // calloc does not touch the memory, and there is a set more, to begin at a cache line.
      memory_(static_cast<record*>(std::calloc((sets_ + 1) * set_size, sizeof(record)))) {
    if (!memory_) throw std::bad_alloc();
    void* begin = memory_.get();
    auto room = (sets_ + 1) * set_size * sizeof(record);
    records_ = static_cast<record*>(
        std::align(set_size * sizeof(record), sets_ * set_size * sizeof(record), begin, room));
}

account_records::key account_records::key_of(std::string_view account_id) const noexcept {
    auto bits = seed_ ^ account_id.size();
    for (; account_id.size() > sizeof bits; account_id.remove_prefix(sizeof bits))
        bits = core::mix(bits ^ word_at(account_id.data()));
    std::uint64_t rest = 0;
    std::memcpy(&rest, account_id.data(), account_id.size());
    return {core::mix(bits ^ rest)};
}

account_records::key account_records::key_of(const client_id& address) const noexcept {
    const auto network = core::mix(~seed_ ^ word_at(address.bytes.data()));
    return {core::mix(network ^ word_at(address.bytes.data() + sizeof network))};
}

// By the bits that the owner leaves out.
record* account_records::set_of(key whose) const noexcept {
    return records_ + ((whose.bits & count_mask) * sets_ >> count_bits) * set_size;
}

record* account_records::take(key whose) noexcept {
    auto* const set = set_of(whose);
    const auto owner = owner_of(whose.bits);
    for (;;) {
        record* free = nullptr;
        std::uint64_t free_word = 0;
        for (auto* each = set; each != set + ways_; ++each) {
            const auto seen = look(*each);
            if (owner_of(seen) == owner && take_one(*each, seen, owner)) return each;
            if (free != nullptr || count_of(seen) != 0) continue;
            free = each;
            free_word = seen;
        }
        if (free == nullptr) break;
        if (replace(*free, free_word, owner + 1)) return free;
    }
    std::atomic_ref(others_).fetch_add(1, std::memory_order_relaxed);
    return &others_;
}

void account_records::give_back(record* from) noexcept {
    std::atomic_ref(*from).fetch_sub(1, std::memory_order_relaxed);
}

// Two workers may each have made a record for the same account in the same moment: all of them count.
std::uint32_t account_records::held(key whose) const noexcept {
    auto* const set = set_of(whose);
    std::uint32_t own = 0;
    bool has_place = false;
    for (auto* each = set; each != set + ways_; ++each) {
        const auto seen = look(*each);
        const bool is_own = owner_of(seen) == owner_of(whose.bits);
        if (is_own) own += count_of(seen);
        has_place = has_place || is_own || count_of(seen) == 0;
    }
    return has_place ? own : count_of(look(others_));
}

}  // namespace gate::auth
