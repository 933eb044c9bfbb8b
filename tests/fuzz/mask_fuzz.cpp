// Any text for a log: no output of the mask holds a token that can be decoded, nothing else is changed, and
// what the mask finds a naive search finds too.

#include "check.hpp"

#include <gate/core/token_mask.hpp>

#include <cctype>
#include <cstdint>
#include <string>

namespace {

using namespace gate;

constexpr int most_decodings = 8;

int hex_value(char c) {
    const auto at = std::string_view("0123456789abcdef").find(static_cast<char>(std::tolower(c)));
    return c == '\0' || at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// The value of the `count` digits at `at`; -1: they are not there.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (hex_value(text[i]) < 0) return -1;
        value = value * 16 + hex_value(text[i]);
    }
    return value;
}

struct escape {
    std::string_view begin;
    std::size_t digits;
};
constexpr escape escapes[] = {{"%", 2}, {"\\x", 2}, {"\\u", 4}};

// As a server or a script does it: from the left, once; what is no escape stays.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t length = 1;
        int value = static_cast<unsigned char>(text[i]);
        for (const auto& each : escapes) {
            if (!text.substr(i).starts_with(each.begin)) continue;
            const int code = digits_at(text, i + each.begin.size(), each.digits);
            if (code < 0) continue;
            value = code < 256 ? code : 0xFF;
            length = each.begin.size() + each.digits;
        }
        out += static_cast<char>(value);
        i += length;
    }
    return out;
}

int base64_value(char c) {
    if (c == '-') return 62;
    if (c == '_') return 63;
    const auto at =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    return c == '\0' || at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Whether base64 that begins at some character of the text holds "agt_".
bool shows_token_in_base64(std::string_view text) {
    for (std::size_t from = 0; from < text.size(); ++from) {
        std::uint64_t bits = 0;
        unsigned count = 0;
        for (std::size_t i = from; i < text.size() && i < from + 8 && base64_value(text[i]) >= 0; ++i) {
            bits = bits << 6 | static_cast<std::uint64_t>(base64_value(text[i]));
            count += 6;
        }
        for (unsigned skipped = 0; skipped <= 16; skipped += 8) {
            if (count >= skipped + 32 && (bits >> (count - skipped - 32) & 0xFFFFFFFF) == 0x6167745F)
                return true;
        }
    }
    return false;
}

// Whether "agt_" stands there in any case, with a character of a token after it if `whole`.
bool shows_token(std::string_view text, bool whole) {
    for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
        std::string prefix(text.substr(i, 4));
        for (char& c : prefix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (prefix != "agt_") continue;
        if (!whole || (i + 4 < text.size() && core::is_token68(text[i + 4]))) return true;
    }
    return false;
}

bool shows_token_when_decoded(std::string text, bool whole) {
    for (int i = 0; i <= most_decodings; ++i) {
        if (shows_token(text, whole) || shows_token_in_base64(text)) return true;
        text = decoded(text);
    }
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto shown = core::without_tokens(text);
    fuzz::check(!shows_token_when_decoded(shown, true), "no token is shown");
    fuzz::check(core::without_tokens(shown) == shown, "a masked text stays as it is");
    fuzz::check(core::holds_token(text) || shown == text, "nothing else is changed");
    fuzz::check(core::holds_token(text) || !shows_token_when_decoded(std::string(text), false),
                "what can be decoded is found");
    return 0;
}
