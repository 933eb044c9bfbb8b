#pragma once
// Keeps agent tokens out of every text that is written for people: log lines, problems, explanations (rule
// 25). Clients put tokens where they do not belong: into paths, names and hosts, in any case, and
// percent-encoded (RFC 3986 2.1) once or several times. Whoever reads the log could decode them.

#include <gate/core/token_text.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace gate::core {

// What is shown in place of a token.
inline constexpr std::string_view token_mask = "agt_***";

// Where in a text a token stands, from its first byte to behind its last one.
struct token_place {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Finds tokens in a text: "agt_" in any case with the token68 characters after it, as far as they can be seen
// in the text as it is, or after percent-decoding all of it or parts of it, up to 15 times. Goes over the
// text once, in constant memory. The text must outlive this object.
//
// Decoding replaces "%", digit, digit by one character, which may then be part of such a group itself. Two
// groups never overlap, so that the order of the steps does not matter: characters are read from the left,
// and a group is replaced as soon as it is complete. What may still become part of a group is pending.
class token_finder {
public:
    explicit token_finder(std::string_view text) noexcept : text_(text) {}

    // The next one from the left; none: there is no other.
    std::optional<token_place> next() noexcept;

private:
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    static constexpr std::size_t most_pending =
        64;  // half of them suffice for 15 decodings: each has two pending at most

    // A decoded character, where it begins in the text, and where the 'a' begins that it is or, when it is
    // left encoded, ends with ("%2a").
    struct character {
        char value;
        std::uint32_t begin;
        std::uint32_t a_begin;
    };

    void read(char c) noexcept;
    void decode() noexcept;
    bool may_be_continued() const noexcept;
    void settle(std::size_t count) noexcept;
    void match(const character& next) noexcept;

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t pending_size_ = 0;
    std::size_t matched_ = 0;  // characters of "agt_"
    std::uint32_t begin_ = 0;  // of what matches
    std::optional<token_place> found_;
    std::array<character, most_pending> pending_;
};

namespace detail {

// Sixteen bytes that are looked at together, as the processor does it (a GCC and clang extension).
using mask_block = signed char __attribute__((vector_size(16)));

template <class T>
T load_from(const char* p) noexcept {
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

// Nonzero where a byte is '%', or 'g' with '_' two bytes later. `later` holds the bytes two further on.
inline mask_block marks_in(mask_block bytes, mask_block later) noexcept {
    return (bytes == '%') | (((bytes | 0x20) == 'g') & (later == '_'));
}

inline bool is_any_set(mask_block bytes) noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &bytes, sizeof bytes);
    return (halves[0] | halves[1]) != 0;
}

// The same for 2 + sizeof(Half) to 2 + 2 * sizeof(Half) bytes.
template <class Half>
bool has_mark(const char* p, std::size_t size) noexcept {
    using words = std::uint64_t __attribute__((vector_size(16)));
    const char* const last = p + size - 2 - sizeof(Half);
    const words bytes{load_from<Half>(p), load_from<Half>(last)};
    const words later{load_from<Half>(p + 2), load_from<Half>(last + 2)};
    return is_any_set(marks_in(reinterpret_cast<mask_block>(bytes), reinterpret_cast<mask_block>(later)));
}

}  // namespace detail

// False: there is no token in it. Costs a few instructions for each 16 bytes.
inline bool may_hold_token(std::string_view text) noexcept {
    using detail::mask_block;
    constexpr std::size_t reach = 2 + sizeof(mask_block);
    const char* p = text.data();
    const std::size_t size = text.size();
    if (size < agent_token_prefix.size()) return false;
    if (size < reach) {
        if (size >= 2 + sizeof(std::uint64_t)) return detail::has_mark<std::uint64_t>(p, size);
        if (size >= 2 + sizeof(std::uint32_t)) return detail::has_mark<std::uint32_t>(p, size);
        return detail::has_mark<std::uint16_t>(p, size);
    }
    const char* const last = p + size - reach;
    auto marks =
        detail::marks_in(detail::load_from<mask_block>(last), detail::load_from<mask_block>(last + 2));
    for (; p < last; p += sizeof(mask_block))
        marks |= detail::marks_in(detail::load_from<mask_block>(p), detail::load_from<mask_block>(p + 2));
    return detail::is_any_set(marks);
}

// Whether there is one.
bool holds_token(std::string_view text) noexcept;

// The text with token_mask in place of each token.
std::string without_tokens(std::string_view text);

}  // namespace gate::core
