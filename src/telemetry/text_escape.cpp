#include <gate/core/hex.hpp>
#include <gate/core/token_mask.hpp>
#include <gate/core/utf8.hpp>
#include <gate/telemetry/text_escape.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gate::telemetry {
namespace {

using byte = unsigned char;
// Sixteen bytes that are looked at and moved together, as the processor does it (a GCC and clang extension).
using block = signed char __attribute__((vector_size(16)));

template <class T>
T load(const byte* in) {
    T value;
    std::memcpy(&value, in, sizeof value);
    return value;
}

// Whether each byte stands for itself: printable ASCII but '"' and '\\'. Bytes from 0x80 on are negative.
bool all_plain(block bytes) {
    const auto odd = (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7F);
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &odd, sizeof odd);
    return (halves[0] | halves[1]) == 0;
}

bool is_plain(byte b) {
    return b >= 0x20 && b < 0x7F && b != '"' && b != '\\';
}

bool is_continuation(byte b) {
    return (b & 0xC0) == 0x80;
}

// `code`: below U+10000.
char* write_unicode_escape(char* out, unsigned code) {
    out[0] = '\\';
    out[1] = 'u';
    for (unsigned i = 0; i < 4; ++i) out[2 + i] = core::hex_digits[code >> (12 - 4 * i) & 0xF];
    return out + 6;
}

// U+061C, U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069 change the order in which text is shown (UAX
// #9, 2); U+2028 and U+2029 end a line for many readers. `in` begins a valid sequence of `length` bytes. The
// code point, or 0 for another one.
unsigned code_to_escape(const byte* in, std::size_t length) {
    if (length == 2) {
        const auto code = (in[0] & 0x1Fu) << 6 | (in[1] & 0x3Fu);
        return code < 0xA0 || code == 0x061C ? code : 0;  // U+0080 to U+009F: C1 controls
    }
    if (length != 3 || in[0] != 0xE2 || in[1] > 0x81) return 0;
    const auto code = 0x2000u | (in[1] & 0x3Fu) << 6 | (in[2] & 0x3Fu);
    const bool reorders = code == 0x200E || code == 0x200F || (code >= 0x2066 && code <= 0x2069);
    return reorders || (code >= 0x2028 && code <= 0x202E) ? code : 0;
}

char* write_ascii(char* out, byte b) {
    if (is_plain(b)) {
        *out = static_cast<char>(b);
        return out + 1;
    }
    char letter = 0;
    switch (b) {
        case '"': letter = '"'; break;
        case '\\': letter = '\\'; break;
        case '\n': letter = 'n'; break;
        case '\r': letter = 'r'; break;
        case '\t': letter = 't'; break;
        default: return write_unicode_escape(out, b);
    }
    out[0] = '\\';
    out[1] = letter;
    return out + 2;
}

// One sequence of UTF-8, or U+FFFD for one byte that begins none.
char* write_multibyte(char* out, const byte*& in, const byte* end) {
    const auto length =
        core::utf8_sequence({reinterpret_cast<const char*>(in), reinterpret_cast<const char*>(end)});
    if (length == 0) {
        ++in;
        std::memcpy(out, "\xEF\xBF\xBD", 3);
        return out + 3;
    }
    if (const auto code = code_to_escape(in, length); code != 0) {
        out = write_unicode_escape(out, code);
    } else {
        std::memcpy(out, in, length);
        out += length;
    }
    in += length;
    return out;
}

char* write_one(char* out, const byte*& in, const byte* end) {
    return *in < 0x80 ? write_ascii(out, *in++) : write_multibyte(out, in, end);
}

// Fewer than sixteen bytes, as two overlapping halves of the type Half; false: not all of them are plain.
template <class Half>
bool copy_plain(char* out, const byte* in, std::size_t size) {
    const std::array<Half, 2> halves{load<Half>(in), load<Half>(in + size - sizeof(Half))};
    // In registers: what has been stored in parts is slow to load as a whole.
    constexpr std::uint64_t spaces = 0x2020202020202020ULL << (4 * sizeof(Half)) << (4 * sizeof(Half));
    using words = std::uint64_t __attribute__((vector_size(16)));
    const words filled{spaces | std::uint64_t{halves[0]}, spaces | std::uint64_t{halves[1]}};
    if (!all_plain(reinterpret_cast<block>(filled))) return false;
    std::memcpy(out, &halves[0], sizeof(Half));
    std::memcpy(out + size - sizeof(Half), &halves[1], sizeof(Half));
    return true;
}

bool copy_short_plain(char* out, const byte* in, std::size_t size) {
    if (size >= 8) return copy_plain<std::uint64_t>(out, in, size);
    if (size >= 4) return copy_plain<std::uint32_t>(out, in, size);
    return size >= 2 && copy_plain<std::uint16_t>(out, in, size);
}

// A mask is never longer than what escaped_bound() grants the "agt_" that it hides.
[[gnu::noinline]] char* write_masked(char* out, std::string_view text) noexcept {
    std::size_t from = 0;
    core::token_finder tokens(text);
    while (const auto place = tokens.next()) {
        out = write_escaped(out, text.substr(from, place->begin - from));
        out = std::copy(core::token_mask.begin(), core::token_mask.end(), out);
        from = place->end;
    }
    return write_escaped(out, text.substr(from));
}

}  // namespace

char* write_escaped(char* out, std::string_view text) noexcept {
    const auto* in = reinterpret_cast<const byte*>(text.data());
    const auto* const end = in + text.size();
    if (text.size() < sizeof(block)) {
        if (copy_short_plain(out, in, text.size())) return out + text.size();
        while (in != end) out = write_one(out, in, end);
        return out;
    }
    while (end - in >= static_cast<std::ptrdiff_t>(sizeof(block))) {
        if (const auto bytes = load<block>(in); all_plain(bytes)) {
            std::memcpy(out, &bytes, sizeof bytes);
            in += sizeof bytes;
            out += sizeof bytes;
        } else {
            out = write_one(out, in, end);
        }
    }
    // What is left, together with what came before it: where all of it is plain, the latter was copied as it
    // is.
    if (const auto last = load<block>(end - sizeof(block)); all_plain(last)) {
        const auto left = end - in;
        std::memcpy(out + left - sizeof last, &last, sizeof last);
        return out + left;
    }
    while (in != end) out = write_one(out, in, end);
    return out;
}

char* write_shown(char* out, std::string_view text) noexcept {
    return core::holds_token(text) ? write_masked(out, text) : write_escaped(out, text);
}

char* write_quoted(char* out, std::string_view text, std::size_t limit) noexcept {
    *out++ = '"';
    const auto shown = clip(text, limit);
    out = write_shown(out, shown);
    if (shown.size() != text.size()) {
        std::memcpy(out, "\xE2\x80\xA6", 3);
        out += 3;
    }
    *out++ = '"';
    return out;
}

std::string_view clip(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text;
    auto size = limit;
    while (size > 0 && limit - size < 3 && is_continuation(static_cast<byte>(text[size]))) --size;
    return text.substr(0, size);
}

}  // namespace gate::telemetry
