#pragma once
// The steps by which servers change a path before they act on it, one function each. A path begins with '/'
// and is in lower case, before a step and after it. Each puts its result into `out`, and returns whether
// that is another path; if not, `out` has no meaning. `out` must not hold `path`.

#include <array>
#include <string>
#include <string_view>

namespace gate::http {

// Percent-decoding, once: %XX, and %uXXXX for servers that know it. A malformed escape stays. "But slashes":
// what stands for '/' or '\' stays as it is.
bool decode(std::string_view path, std::string& out);
bool decode_but_slashes(std::string_view path, std::string& out);
bool decode_bytes(std::string_view path, std::string& out);  // %XX alone
bool decode_bytes_but_slashes(std::string_view path, std::string& out);

inline constexpr std::array<bool (*)(std::string_view, std::string&), 4> decoding_steps{
    decode, decode_but_slashes, decode_bytes, decode_bytes_but_slashes};

// Overlong UTF-8 as what it stands for.
bool shorten_overlong(std::string_view path, std::string& out);
bool shorten_overlong_but_slashes(std::string_view path, std::string& out);
// Full-width ASCII (U+FF01..U+FF5E in UTF-8) as ASCII.
bool narrow_full_width(std::string_view path, std::string& out);
// RFC 3986 5.2.4.
bool remove_dot_segments(std::string_view path, std::string& out);
bool merge_slashes(std::string_view path, std::string& out);
bool turn_backslashes(std::string_view path, std::string& out);
// ';' and what follows it in each segment.
bool cut_parameters(std::string_view path, std::string& out);
// Wherever they stand: WHATWG URL's parser drops them, and so does Python's urlsplit.
bool drop_tabs_and_newlines(std::string_view path, std::string& out);
bool cut_at_nul(std::string_view path, std::string& out);
bool cut_at_query(std::string_view path, std::string& out);
bool cut_at_fragment(std::string_view path, std::string& out);
bool drop_end_slashes(std::string_view path, std::string& out);
// At the end of each segment. Blanks: bytes up to 0x20, 0x7F, those of Unicode in UTF-8, and those of Latin-1
// where a byte is no UTF-8. The segments "." and ".." stay.
bool drop_end_dots(std::string_view path, std::string& out);
// Dot by dot, so that the ".." that is left of a segment of more dots stays.
bool shorten_dots(std::string_view path, std::string& out);
bool drop_end_blanks(std::string_view path, std::string& out);
bool drop_end_spaces(std::string_view path, std::string& out);  // 0x20 alone, as Windows does
bool drop_end_dots_and_blanks(std::string_view path, std::string& out);

using path_step = bool (*)(std::string_view path, std::string& out);

// All but decoding, and but dropping what looks like an authority.
inline constexpr std::array<path_step, 17> path_steps{shorten_overlong,
                                                      shorten_overlong_but_slashes,
                                                      narrow_full_width,
                                                      remove_dot_segments,
                                                      merge_slashes,
                                                      turn_backslashes,
                                                      cut_parameters,
                                                      drop_tabs_and_newlines,
                                                      cut_at_nul,
                                                      cut_at_query,
                                                      cut_at_fragment,
                                                      drop_end_slashes,
                                                      drop_end_dots,
                                                      shorten_dots,
                                                      drop_end_blanks,
                                                      drop_end_spaces,
                                                      drop_end_dots_and_blanks};

// How many slashes the path begins with.
std::size_t leading_slashes(std::string_view path) noexcept;
// Drops the first `slashes` bytes, and the name behind them, which may be empty. Precondition: the path
// begins with as many slashes.
void drop_authority(std::string_view path, std::size_t slashes, std::string& out);

}  // namespace gate::http
