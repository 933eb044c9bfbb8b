#pragma once
// Text for a log line, as the inside of a JSON string (RFC 8259 7): quotes, backslashes and control
// characters are escaped, C1 controls and DEL too (they can steer a terminal), so are the characters that end
// a line or reorder what is shown (a log line must not look like another one), and what is not UTF-8 becomes
// U+FFFD.
//
// The functions write to memory that the caller has measured out with escaped_bound(); they never allocate.

#include <cstddef>
#include <string_view>

namespace gate::telemetry {

// The most bytes that write_escaped() writes for a text of `size` bytes.
constexpr std::size_t escaped_bound(std::size_t size) {
    return 6 * size;
}

// Writes `text` escaped, without quotes around it, and returns the end of what was written.
char* write_escaped(char* out, std::string_view text) noexcept;

// The same with each agent token masked (rule 25).
char* write_shown(char* out, std::string_view text) noexcept;

// Writes `text` as write_shown() does, and in quotes. Longer than `limit` bytes: cut there, and marked with
// an ellipsis. Writes at most escaped_bound() of the smaller of both sizes, and 5 bytes.
char* write_quoted(char* out, std::string_view text, std::size_t limit) noexcept;

// The longest beginning of `text` of at most `limit` bytes that does not end within a UTF-8 sequence.
std::string_view clip(std::string_view text, std::size_t limit) noexcept;

}  // namespace gate::telemetry
