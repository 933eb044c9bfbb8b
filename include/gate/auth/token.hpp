#pragma once
// Takes the agent token out of a request: RFC 6750 2.1 (header field only), RFC 9110 11.4 and 11.6.2.

#include <gate/auth/token_key.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/token_text.hpp>
#include <gate/http/head.hpp>

#include <cstdint>
#include <string_view>

namespace gate::auth {

inline constexpr std::string_view token_prefix = core::agent_token_prefix;
inline constexpr std::size_t max_token_size = 512;  // bytes, prefix included

enum class token_kind : std::uint8_t {
    absent,             // no Authorization field
    other_credentials,  // another scheme, or a Bearer token that is not an agent token: opaque to us
    misplaced,  // another scheme with an agent token in it as a whole word, or a Bearer token with the
                // prefix in another case ("AGT_x"): removed, never verified
    malformed,  // meant for us, and unusable: refused in every mode
    agent,      // well-formed; Gate may be asked about it
};

constexpr bool holds_agent_token(token_kind kind) noexcept {
    return kind == token_kind::agent || kind == token_kind::malformed || kind == token_kind::misplaced;
}

struct bearer {
    token_kind kind = token_kind::absent;
    std::string_view token;  // of kind agent; a view into the head
};

// Error: bad_authorization for two Authorization fields, or a Bearer one with a comma (rule 4).
//
// Whatever carries "agt_" where a Bearer token or a scheme should stand, but in a form that we do not verify
// (no scheme, quotes, a parameter, a tab, upper case), is malformed rather than opaque: in the mode
// `optional` it would reach the upstream, which could be more forgiving than we are. So is a Bearer without a
// token.
core::result<bearer> extract_bearer(const http::request_head& head);

// agt_, then 1 to 508 characters of a token68 (RFC 9110 11.2). Gate publishes no narrower pattern. (rule 16)
bool is_agent_token(std::string_view token) noexcept;

}  // namespace gate::auth
