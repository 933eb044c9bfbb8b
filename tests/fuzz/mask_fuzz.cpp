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

// As a server does it: from the left, once; what is no escape stays.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Whether "agt_" stands there in any case, with a character of a token behind it if `whole`.
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
        if (shows_token(text, whole)) return true;
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
