#pragma once
// One field line (RFC 9112 5), strictly: no folding, no white space before the colon, no control bytes.

#include "scan.hpp"

#include <gate/http/head.hpp>

namespace gate::http {

// Reads the line that begins at `p` into name, value and line of `out`; returns what follows it, or nullptr
// if it is malformed. [p, end) must end with CRLF, so that every scan meets a byte that stops it.
inline const char* read_field_line(const char* p, const char* end, field& out) noexcept {
    const char* const begin = p;
    p = find_token_end(p, end);
    if (p == begin || *p != ':') return nullptr;
    out.name = {begin, static_cast<std::size_t>(p - begin)};
    ++p;
    if (*p == ' ') ++p;  // one space, as nearly everybody writes it
    while (is_blank(*p)) ++p;
    const char* const value = p;
    p = find_value_end(p, end);
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return nullptr;
    const char* value_end = p;
    if (is_blank(p[-1])) {
        while (value_end != value && is_blank(value_end[-1])) --value_end;
    }
    out.value = {value, static_cast<std::size_t>(value_end - value)};
    p += 2;
    out.line = {begin, static_cast<std::size_t>(p - begin)};
    return p;
}

}  // namespace gate::http
