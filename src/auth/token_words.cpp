#include "token_words.hpp"

#include <gate/core/text.hpp>
#include <gate/core/token_text.hpp>

#include <cstddef>

namespace gate::auth {
namespace {

constexpr unsigned no_digit = 64;

// Is given a text character by character.
class token_word {
public:
    // True once a word has turned out to be a token.
    bool read(char c) noexcept {
        if (!core::is_token68(c)) {
            matched_ = 0;
        } else if (matched_ == core::agent_token_prefix.size()) {
            return true;
        } else {
            matched_ = matched_ < core::agent_token_prefix.size() &&
                               core::to_lower(c) == core::agent_token_prefix[matched_]
                           ? matched_ + 1
                           : other_word;
        }
        return false;
    }

private:
    static constexpr std::size_t other_word = 99;

    std::size_t matched_ = 0;  // characters of the prefix, from the beginning of the word
};

unsigned base64_digit(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : no_digit;
}

}  // namespace

bool has_token_word(std::string_view text) noexcept {
    token_word word;
    for (const char c : text)
        if (word.read(c)) return true;
    return false;
}

bool has_token_word_in_base64(std::string_view encoded) noexcept {
    token_word word;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : encoded) {
        if (c == '=') count = 0;  // what comes next begins anew
        const unsigned digit = base64_digit(c);
        if (digit == no_digit) continue;
        bits = (bits << 6) | digit;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        if (word.read(static_cast<char>((bits >> count) & 0xFF))) return true;
    }
    return false;
}

}  // namespace gate::auth
