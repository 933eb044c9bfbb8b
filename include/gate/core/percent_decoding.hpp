#pragma once
// Percent-encoding (RFC 3986 2.1), read strictly. How lenient servers read a path, http knows.

#include <optional>
#include <string>
#include <string_view>

namespace gate::core {

// "%41" -> "A". Nothing: a '%' has no two hexadecimal digits after it.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace gate::core
