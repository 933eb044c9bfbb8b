#include "scan.hpp"

#include <gate/http/head_parser.hpp>

#include <algorithm>

namespace gate::http {
namespace {

using core::reason;

// Method of 32 bytes, two spaces, version.
constexpr std::size_t longest_besides_target = 32 + 2 + 8;

}  // namespace

core::result<std::size_t> head_finder::find(std::string_view buffer) {
    const std::size_t window = std::min(buffer.size(), limits_.size);
    const char* const base = buffer.data();
    const char* const end = base + window;
    // Whatever is wrong with a head that has come whole, its parser finds: here only the slow ones are
    // checked as they come.
    if (scanned_ == 0) {
        if (const char* const behind = find_empty_line(base, end); behind != nullptr)
            return static_cast<std::size_t>(behind - base);
    }
    std::size_t at = scanned_;
    for (;;) {
        if (first_line_ && at == line_ && at < window && !can_begin(base[at]))
            return reason::bad_request_line;
        at = static_cast<std::size_t>(find_line_break(base + at, end) - base);
        if (first_line_ && at - line_ > limits_.target_length + longest_besides_target)
            return reason::target_too_long;
        if (at == window || (base[at] == '\r' && at + 1 == window)) break;
        if (base[at] == '\n' || base[at + 1] != '\n')
            return first_line_ ? reason::bad_request_line : reason::bad_field;
        if (at == line_ && at != 0) return at + 2;
        first_line_ = at == 0;  // one empty line may come before the request line (RFC 9112 2.2)
        at += 2;
        line_ = at;
    }
    scanned_ = at;
    if (buffer.size() >= limits_.size) return reason::head_too_large;
    return std::size_t{0};
}

bool head_finder::can_begin(char c) const noexcept {
    return is_token(c) || (c == '\r' && line_ == 0);
}

}  // namespace gate::http
