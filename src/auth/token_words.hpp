#pragma once
// Finds an agent token that stands as a whole word among credentials of another scheme.

#include <string_view>

namespace gate::auth {

// Whether a word of `text` begins with "agt_", in any case, and goes on. Words are of token68 characters.
bool has_token_word(std::string_view text) noexcept;

// The same of what `encoded` decodes to (RFC 4648 4 and 5, what belongs to neither alphabet skipped, as
// lenient decoders do).
bool has_token_word_in_base64(std::string_view encoded) noexcept;

}  // namespace gate::auth
