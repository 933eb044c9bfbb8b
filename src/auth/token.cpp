#include "token_words.hpp"

#include <gate/auth/token.hpp>
#include <gate/core/text.hpp>
#include <gate/http/token_characters.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gate::auth {
namespace {

bool is_bearer(std::string_view scheme) {
    return core::iequals(scheme, "bearer");
}

// `rest` is what follows another scheme; of Basic the user and the password (RFC 7617 2).
bool holds_token(std::string_view scheme, std::string_view rest) {
    return has_token_word(rest) || (core::iequals(scheme, "basic") && has_token_word_in_base64(rest));
}

bool mentions_agent_token(std::string_view text) {
    const auto same = [](char a, char b) { return core::to_lower(a) == core::to_lower(b); };
    return std::search(text.begin(), text.end(), token_prefix.begin(), token_prefix.end(), same) !=
           text.end();
}

// Sixteen bytes that are looked at together, as the processor does it (a GCC and clang extension).
using block = unsigned char __attribute__((vector_size(16)));

// core::is_token68 of each of them.
bool are_token68(const char* sixteen) {
    block bytes;
    std::memcpy(&bytes, sixteen, sizeof bytes);
    const auto folded = bytes | 0x20;
    const auto fine = ((folded >= 'a') & (folded <= 'z')) | ((bytes >= '-') & (bytes <= '9')) |
                      (bytes == '+') | (bytes == '_') | (bytes == '~');
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &fine, sizeof fine);
    return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

// To the end: nearly every token is well-formed, and this is done for each request.
bool are_token68(std::string_view text) {
    bool all = true;
    for (; text.size() >= sizeof(block); text.remove_prefix(sizeof(block))) all &= are_token68(text.data());
    for (const char c : text) all &= core::is_token68(c);
    return all;
}

bool is_token68(std::string_view text) {
    const auto end = text.find_last_not_of('=') + 1;  // 0 when there is nothing else
    return end != 0 && are_token68(text.substr(0, end));
}

// `rest` is what follows the scheme Bearer.
core::result<bearer> read_bearer(std::string_view rest) {
    if (rest.find(',') != std::string_view::npos) return core::reason::bad_authorization;
    const auto begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return bearer{token_kind::malformed, {}};
    const auto token = rest.substr(begin);
    if (begin == 0)
        return bearer{token_kind::malformed, {}};  // a tab, or another separator that no grammar allows
    if (is_agent_token(token)) return bearer{token_kind::agent, token};
    if (!is_token68(token) && mentions_agent_token(token)) return bearer{token_kind::malformed, {}};
    if (token.starts_with(token_prefix)) return bearer{token_kind::malformed, {}};
    // An upstream that folds case could take it for an agent token.
    const bool has_folded_prefix = mentions_agent_token(token.substr(0, token_prefix.size()));
    return bearer{has_folded_prefix ? token_kind::misplaced : token_kind::other_credentials, {}};
}

}  // namespace

bool is_agent_token(std::string_view token) noexcept {
    return token.size() <= max_token_size && token.starts_with(token_prefix) &&
           is_token68(token.substr(token_prefix.size()));
}

core::result<bearer> extract_bearer(const http::request_head& head) {
    if (!head.has(http::field_id::authorization)) return bearer{};
    std::string_view value;
    std::size_t seen = 0;
    for (const auto& field : head.fields) {
        if (field.id != http::field_id::authorization) continue;
        value = field.value;
        ++seen;
    }
    if (seen != 1) return core::reason::bad_authorization;

    constexpr std::string_view usual = "Bearer ";  // in nearly every request
    if (value.starts_with(usual)) return read_bearer(value.substr(usual.size() - 1));
    const auto end = std::ranges::find_if_not(value, http::is_token_character);
    const auto scheme = value.substr(0, static_cast<std::size_t>(end - value.begin()));
    if (is_bearer(scheme)) return read_bearer(value.substr(scheme.size()));
    // Credentials of another kind begin with a scheme (RFC 9110 11.4).
    const bool has_scheme = !scheme.empty() && (scheme.size() == value.size() || value[scheme.size()] == ' ');
    const bool bare_token = mentions_agent_token(value.substr(0, token_prefix.size()));
    if (!has_scheme || bare_token) return bearer{token_kind::malformed, {}};
    const bool has_token = holds_token(scheme, value.substr(scheme.size()));
    return bearer{has_token ? token_kind::misplaced : token_kind::other_credentials, {}};
}

}  // namespace gate::auth
