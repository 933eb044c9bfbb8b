#include "field_line.hpp"
#include "field_names.hpp"
#include "methods.hpp"

#include <cstring>

namespace gate::http {
namespace {

using core::reason;

constexpr std::string_view head_end = "\r\n\r\n";

std::uint32_t bit(field_id id) noexcept {
    return 1U << static_cast<unsigned>(id);
}

std::string_view between(const char* begin, const char* end) noexcept {
    return {begin, static_cast<std::size_t>(end - begin)};
}

// "HTTP/1.1\r\n" and what is wrong with anything else; a higher minor version is read as the highest that is
// known (RFC 9110 2.5). At least 4 bytes can be read at p.
reason read_version(const char* p, const char* end, unsigned& minor) noexcept {
    if (end - p < 10 || std::memcmp(p, "HTTP/", 5) != 0 || !is_digit(p[5]) || p[6] != '.' ||
        !is_digit(p[7]) || p[8] != '\r' || p[9] != '\n')
        return reason::bad_request_line;
    if (p[5] != '1') return reason::unsupported_version;
    minor = p[7] == '0' ? 0 : 1;
    return reason::none;
}

// Returns what follows the line, or nullptr with the reason in `why`.
const char* read_request_line(const char* p, const char* end, std::size_t target_limit, request_head& out,
                              reason& why) noexcept {
    why = reason::bad_request_line;
    const char* const name = p;
    while (is_token(*p)) ++p;
    out.method_name = between(name, p);
    if (out.method_name.empty() || out.method_name.size() > longest_method || *p != ' ') return nullptr;
    out.verb = method_of(out.method_name);

    const char* const target = ++p;
    p = find_target_end(p, end);
    out.target = between(target, p);
    if (*p != ' ') {
        if (*p != '\r' && *p != '\t') why = reason::bad_target;
        return nullptr;
    }
    if (out.target.empty()) return nullptr;
    if (out.target.size() > target_limit) {
        why = reason::target_too_long;
        return nullptr;
    }
    why = read_version(++p, end, out.minor);
    return why == reason::none ? p + 10 : nullptr;
}

// "HTTP/1.1 200 phrase\r\n"; a missing phrase may take its space with it.
const char* read_status_line(const char* p, const char* end, response_head& out) noexcept {
    if (end - p < 14 || std::memcmp(p, "HTTP/1.", 7) != 0 || (p[7] != '0' && p[7] != '1') || p[8] != ' ')
        return nullptr;
    if (!is_digit(p[9]) || p[9] == '0' || !is_digit(p[10]) || !is_digit(p[11])) return nullptr;
    out.minor = static_cast<unsigned>(p[7] - '0');
    out.status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
    p += 12;
    if (*p != ' ' && *p != '\r') return nullptr;
    const char* const phrase = *p == ' ' ? ++p : p;
    p = find_value_end(p, end);
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return nullptr;
    out.phrase = between(phrase, p);
    return p + 2;
}

// Reads the fields from `p` to the empty line that ends the head, which must be the end of the text.
template <class Head, class Classify>
reason read_fields(const char* p, const char* end, std::size_t limit, Head& out, Classify classify) {
    while (*p != '\r') {
        if (out.fields.size() == limit) return reason::head_too_large;
        field& f = out.fields.emplace_back();
        p = read_field_line(p, end, f);
        if (p != nullptr) f.id = classify(f.name);
        if (p == nullptr || p == end || f.id == framing_lookalike) {
            out.fields.pop_back();
            return reason::bad_field;
        }
        out.present |= bit(f.id);
    }
    return end - p == 2 ? reason::none : reason::bad_field;
}

template <class Head>
void clear(Head& out, std::size_t size) noexcept {
    out.fields.clear();
    out.present = 0;
    out.minor = 1;
    out.size = size;
}

core::result<void> outcome(reason why) {
    if (why == reason::none) return {};
    return why;
}

}  // namespace

core::result<void> parse_request_head(std::string_view text, const head_limits& limits,
                                      const identity_names& identity, request_head& out) {
    clear(out, text.size());
    out.method_name = out.target = {};
    out.verb = method::other;
    if (!text.ends_with(head_end)) return reason::bad_request_line;

    const char* const end = text.data() + text.size();
    const char* p = text.data();
    if (p[0] == '\r' && p[1] == '\n') p += 2;
    reason why = reason::none;
    p = read_request_line(p, end, limits.target_length, out, why);
    if (p == nullptr) return why;
    return outcome(read_fields(p, end, limits.fields, out, [&](std::string_view name) {
        return classify_request_field(name, identity);
    }));
}

int max_forwards(const request_head& head) noexcept {
    if (head.verb != method::options || head.count(field_id::max_forwards) != 1) return -1;
    const auto digits = head.find(field_id::max_forwards)->value;
    if (digits.empty() || digits.size() > 9) return -1;
    int value = 0;
    for (const char c : digits) {
        if (!is_digit(c)) return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

core::result<void> parse_response_head(std::string_view text, const head_limits& limits, response_head& out) {
    clear(out, text.size());
    out.status = 0;
    out.phrase = {};
    if (!text.ends_with(head_end)) return reason::upstream_bad_response;

    const char* const end = text.data() + text.size();
    const char* const p = read_status_line(text.data(), end, out);
    if (p == nullptr || read_fields(p, end, limits.fields, out, classify_field) != reason::none)
        return reason::upstream_bad_response;
    return {};
}

}  // namespace gate::http
