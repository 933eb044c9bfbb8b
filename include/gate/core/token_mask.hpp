#pragma once
// Keeps agent tokens out of every text that is written for people: log lines, problems, explanations (rule
// 25). Clients put tokens where they do not belong: into paths, names and hosts, in any case, percent-encoded
// (RFC 3986 2.1) once or several times, as escapes of JSON (RFC 8259 7) or in base64 (RFC 4648). A reader of
// the log could decode them.

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

// Where in a text a token stands, from its first byte to the one after its last.
struct token_place {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Finds tokens in a text, as far as they can be seen in the text as it is, or after decoding all of it or
// parts of it up to 15 times: percent-encoding, and the escapes \u0061 and \x61 of JSON and JavaScript. Goes
// over the text once, in constant memory. The text must outlive this object.
//
// A token is "agt_" in any case with the token68 characters after it. Within a longer word ("xagt_1/next") it
// ends where the word ends: with the first character but letters, digits, '-' and '_'. In base64 (RFC 4648 4
// and 5, at any place of a word) it is "agt_" exactly, for nothing can fold the case of that, with all
// token68 characters after it: what the same credentials hold after the token (the password of Basic) is
// not shown either.
//
// Decoding replaces a group ("%61", "\x61", "\u0061") by one character, which may then be part of a group
// itself. Only the first character of a group is '%' or '\', so that two groups never overlap and the order
// of the steps does not matter: characters are read from the left, and a group is replaced as soon as it is
// complete. What may still become part of a group is pending.
class token_finder {
public:
    explicit token_finder(std::string_view text) noexcept : text_(text) {}

    // The next one from the left; none: there is no other.
    std::optional<token_place> next() noexcept;

private:
    static constexpr std::size_t most_pending =
        160;  // half of them suffice for 15 decodings: each has five pending at most
    static constexpr std::size_t kept = 16;  // more than the longest pattern and the longest group together

    enum class extent : std::uint8_t { outside, token, part_of_word };

    // A decoded character and where it begins in the text; and the last character of its group, which is what
    // stands there for a reader who does not decode it ("%2agt_").
    struct character {
        char value;
        char tail;  // NUL: it was no group
        std::uint32_t begin;
        std::uint32_t tail_begin;
    };

    void read(char c) noexcept;
    void decode() noexcept;
    std::size_t complete_group() const noexcept;
    bool may_be_continued() const noexcept;
    void settle(std::size_t count) noexcept;
    void match(const character& next) noexcept;
    bool continues_token(char c) const noexcept;
    std::size_t open_group() const noexcept;

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t pending_size_ = 0;
    std::uint32_t matched_ = 0;       // a bit for each beginning of a pattern that the last characters are
    std::uint32_t word_history_ = 0;  // a bit for each of the last characters: letter or digit; newest first
    std::uint32_t settled_ = 0;       // characters so far
    std::uint32_t begin_ = 0;         // of the token that goes on
    extent inside_ = extent::outside;
    std::optional<token_place> found_;
    std::array<char, kept> values_{};           // of the last characters
    std::array<std::uint32_t, kept> begins_{};  // what is masked if a token begins there
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

// Nonzero where a byte may be part of a token: where it begins an escape, or may be of "agt_" together with
// the byte two later (`later`), plain (g_, G_) or in base64 (YWd0X, FndF, hZ3Rf: dX, nF, ZR). Each of these
// pairs but dX ends with 0x40 to 0x5F, and its exclusive or is 0x08 but for two bits. Few others are so, and
// few texts hold an 'X'; and this costs less than a look at each pair.
inline mask_block marks_in(mask_block bytes, mask_block later) noexcept {
    const auto pairs = (((bytes ^ later) & ~0x30) == 0x08) & ((later & 0x60) == 0x40);
    return (bytes == '%') | (bytes == '\\') | (later == 'X') | pairs;
}

// The same without the pairs that are others.
inline mask_block exact_marks_in(mask_block bytes, mask_block later) noexcept {
    const auto escapes = (bytes == '%') | (bytes == '\\');
    const auto plain = ((bytes | 0x20) == 'g') & (later == '_');
    const auto base64 = ((bytes == 'd') & (later == 'X')) | ((bytes == 'n') & (later == 'F')) |
                        ((bytes == 'Z') & (later == 'R'));
    return escapes | plain | base64;
}

inline bool is_any_set(mask_block bytes) noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &bytes, sizeof bytes);
    return (halves[0] | halves[1]) != 0;
}

// The same for 2 + sizeof(Half) to 2 + 2 * sizeof(Half) bytes.
template <auto Marks, class Half>
bool has_mark(const char* p, std::size_t size) noexcept {
    using words = std::uint64_t __attribute__((vector_size(16)));
    const char* const last = p + size - 2 - sizeof(Half);
    const words bytes{load_from<Half>(p), load_from<Half>(last)};
    const words later{load_from<Half>(p + 2), load_from<Half>(last + 2)};
    return is_any_set(Marks(reinterpret_cast<mask_block>(bytes), reinterpret_cast<mask_block>(later)));
}

// False: there is no token in it. Costs a few instructions for each 16 bytes.
template <auto Marks>
bool has_mark(std::string_view text) noexcept {
    constexpr std::size_t reach = 2 + sizeof(mask_block);
    const char* p = text.data();
    const std::size_t size = text.size();
    if (size < agent_token_prefix.size()) return false;
    if (size < reach) {
        if (size >= 2 + sizeof(std::uint64_t)) return has_mark<Marks, std::uint64_t>(p, size);
        if (size >= 2 + sizeof(std::uint32_t)) return has_mark<Marks, std::uint32_t>(p, size);
        return has_mark<Marks, std::uint16_t>(p, size);
    }
    const char* const last = p + size - reach;
    auto marks = Marks(load_from<mask_block>(last), load_from<mask_block>(last + 2));
    for (; p < last; p += sizeof(mask_block))
        marks |= Marks(load_from<mask_block>(p), load_from<mask_block>(p + 2));
    return is_any_set(marks);
}

// Whether there is a token, for certain.
bool search_token(std::string_view text) noexcept;

}  // namespace detail

// Whether there is a token in it. Without a mark in the text this costs a few instructions for each 16 bytes.
inline bool holds_token(std::string_view text) noexcept {
    return detail::has_mark<detail::marks_in>(text) && detail::search_token(text);
}

// The text with token_mask in place of each token.
std::string without_tokens(std::string_view text);

}  // namespace gate::core
