#pragma once
// A number for each pair of a salt and a text: made at load, read by every request, by all threads.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gate::auth {

class text_table {
public:
    static constexpr std::uint32_t absent = 0xffff'ffff;

    // Precondition: the pair is not in it.
    void add(std::uint32_t salt, std::string_view text, std::uint32_t value) {
        if ((used_ + 1) * 2 > slots_.size()) grow();
        place({ends_of(text), salt, static_cast<std::uint32_t>(text.size()), value,
               static_cast<std::uint32_t>(texts_.size())});
        texts_.append(text);
        ++used_;
    }

    // `absent` where the pair is not in it.
    // Inlined, because every segment of every path is looked up.
    [[gnu::always_inline]] std::uint32_t find(std::uint32_t salt, std::string_view text) const noexcept {
        if (used_ == 0) return absent;
        return find_among_some(salt, text);
    }

    // Precondition: it is not empty.
    [[gnu::always_inline]] std::uint32_t find_among_some(std::uint32_t salt,
                                                         std::string_view text) const noexcept {
        const auto ends = ends_of(text);
        const auto at = first_place(salt, ends, text.size());
        const slot& first = slots_.data()[at];
        if (text.size() <= 16 && is_like(first, salt, ends, text.size())) return first.value;
        return first.value == absent ? absent : find_from(at, salt, text);
    }

    bool empty() const noexcept { return used_ == 0; }

private:
    // The first and the last eight bytes: all of a text of at most sixteen.
    struct text_ends {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };

    struct slot {
        text_ends ends;
        std::uint32_t salt = 0;
        std::uint32_t size = 0;
        std::uint32_t value = absent;
        std::uint32_t begin = 0;  // in texts_
    };

    template <class Word>
    static std::uint64_t load(const char* p) noexcept {
        Word out;
        std::memcpy(&out, p, sizeof out);
        return out;
    }

    // Two words that overlap, so that no byte outside of the text is read.
    static text_ends ends_of(std::string_view text) noexcept {
        const char* const p = text.data();
        const auto size = text.size();
        if (size >= 8) return {load<std::uint64_t>(p), load<std::uint64_t>(p + size - 8)};
        if (size >= 4) return {load<std::uint32_t>(p), load<std::uint32_t>(p + size - 4)};
        if (size >= 2) return {load<std::uint16_t>(p), load<std::uint16_t>(p + size - 2)};
        return {size == 0 ? 0 : load<std::uint8_t>(p), 0};
    }

    // Equal, but for what lies between the ends. An unused slot is equal to the empty text, and has no value.
    static bool is_like(const slot& s, std::uint32_t salt, const text_ends& ends, std::size_t size) noexcept {
        return ((s.ends.first ^ ends.first) | (s.ends.last ^ ends.last) | (s.salt ^ salt) |
                (s.size ^ size)) == 0;
    }

    // Apart, so that the usual way saves no registers for it.
    [[gnu::noinline]] std::uint32_t find_from(std::size_t at, std::uint32_t salt,
                                              std::string_view text) const noexcept {
        const auto ends = ends_of(text);
        for (; slots_[at].value != absent; at = (at + 1) & mask_) {
            const slot& s = slots_[at];
            if (is_like(s, salt, ends, text.size()) && has_middle(s, text)) return s.value;
        }
        return absent;
    }

    bool has_middle(const slot& s, std::string_view text) const noexcept {
        return text.size() <= 16 || std::memcmp(texts_.data() + s.begin, text.data(), text.size()) == 0;
    }

    // Spreads the texts of a configuration. Nothing that a client sends is ever put into the table, so it
    // need not resist collisions on purpose.
    std::size_t first_place(std::uint32_t salt, const text_ends& ends, std::size_t size) const noexcept {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
        const auto mixed = ends.first ^ std::rotl(ends.last, 23) ^ std::rotl(std::uint64_t{salt}, 40) ^ size;
        return static_cast<std::size_t>(mixed * odd >> shift_);
    }

    void place(const slot& s) {
        std::size_t i = first_place(s.salt, s.ends, s.size);
        while (slots_[i].value != absent) i = (i + 1) & mask_;
        slots_[i] = s;
    }

    void grow() {
        std::vector<slot> old(slots_.empty() ? 16 : slots_.size() * 2);
        old.swap(slots_);
        mask_ = slots_.size() - 1;
        shift_ = static_cast<unsigned>(std::countl_zero(mask_));
        for (const slot& s : old) {
            if (s.value != absent) place(s);
        }
    }

    std::vector<slot> slots_;  // a power of two of them, at most half of them used
    std::size_t mask_ = 0;
    unsigned shift_ = 0;  // of a hash, so that as many bits are left as `mask_` has
    std::size_t used_ = 0;
    std::string texts_;
};

}  // namespace gate::auth
