#pragma once
// UTF-8 as RFC 3629 defines it. http/utf8.hpp reads it as lenient servers do.

#include <cstddef>
#include <string>
#include <string_view>

namespace gate::core {

// The length of the sequence at the front of `text`, 0 if there is none. Precondition: `text` is not empty.
std::size_t utf8_sequence(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

// `text` with U+FFFD in place of each byte that begins no sequence.
std::string repaired_utf8(std::string_view text);

}  // namespace gate::core
