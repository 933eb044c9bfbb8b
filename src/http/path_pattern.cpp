#include "chars.hpp"
#include "letter_case.hpp"

#include <gate/core/hex.hpp>
#include <gate/core/text.hpp>
#include <gate/http/path_pattern.hpp>
#include <gate/http/path_readings.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace gate::http {
namespace {

constexpr std::string_view below = "/**";
constexpr std::size_t longest_pattern = 1024;

// Takes the first segment off `path`, which begins with '/'.
std::string_view take_segment(std::string_view& path) noexcept {
    const auto end = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(1, end - 1);
    path.remove_prefix(end);
    return segment;
}

std::string hex_of(char c) {
    const std::array<std::uint8_t, 1> byte{static_cast<std::uint8_t>(c)};
    std::array<char, 2> digits;
    core::write_hex(byte, digits.data());
    return core::uppered({digits.data(), digits.size()});
}

// pchar of RFC 3986 and '/'; escapes are checked apart.
bool is_pattern_char(char c) noexcept {
    constexpr std::string_view others = "/!$&'()*+,=:@%";
    return has_class(c, char_class::unreserved) || others.find(c) != std::string_view::npos;
}

std::string check_characters(std::string_view text) {
    if (text.find('?') != text.npos) return "must not have a query: routes match the path alone";
    if (text.find('#') != text.npos) return "must not have a fragment";
    if (text.find('\\') != text.npos) return "must not contain a backslash";
    if (text.find(';') != text.npos) return "must not contain ';', which servers interpret differently";
    const auto bad = std::find_if_not(text.begin(), text.end(), is_pattern_char);
    if (bad == text.end()) return {};
    if (*bad == '{')
        return "has the character '{', which must be percent-encoded; * is a segment that varies";
    return core::is_visible(*bad)
               ? "has the character '" + std::string(1, *bad) + "', which must be percent-encoded"
               : "has the byte 0x" + hex_of(*bad) + ", which must be percent-encoded";
}

std::string check_segment(std::string_view segment, bool is_last) {
    if (segment == "." || segment == "..") return "must not have '.' or '..' segments";
    if (segment == "**")
        return is_last ? "" : "has '**' before its end: only '/**' as the last segment is possible";
    if (segment != "*" && segment.find('*') != segment.npos)
        return "has '*' inside a segment: '*' stands for one whole segment (a literal one is written %2A)";
    if (segment.ends_with('.')) return "has a segment that ends in a dot, which some servers drop";
    if (segment.ends_with("%20")) return "has a segment that ends in a blank, which some servers drop";
    return {};
}

}  // namespace

std::string check_path_pattern(std::string_view text) {
    if (text.empty() || text.front() != '/') return "must begin with '/'";
    if (text.size() > longest_pattern) return "must not be longer than 1024 bytes";
    if (auto bad = check_characters(text); !bad.empty()) return bad;
    if (text.find("//") != text.npos) return "must not contain '//'";
    for (auto rest = text; !rest.empty();) {
        const auto segment = take_segment(rest);
        if (auto bad = check_segment(segment, rest.empty()); !bad.empty()) return bad;
    }
    const auto piece = find_ambiguous_piece(text);
    if (piece.empty()) return {};
    const bool is_malformed = piece.size() < 3 || hex_value(piece[1]) > 15 || hex_value(piece[2]) > 15;
    return is_malformed ? "has a '%' without two hexadecimal digits"
                        : "contains " + std::string(piece) + ", which servers interpret differently";
}

path_pattern::path_pattern(std::string_view text) : text_(text), matches_below_(text.ends_with(below)) {
    if (matches_below_) text.remove_suffix(below.size());
    while (!text.empty()) {
        const auto next = take_segment(text);
        const bool is_any = next == "*";
        segments_.push_back({is_any ? std::string() : std::string(next), is_any});
    }
    set_rank();
}

void path_pattern::set_rank() {
    rank_.clear();
    for (const auto& each : segments_) rank_ += each.is_any ? '2' : '3';
    rank_ += matches_below_ ? '1' : '3';
}

bool path_pattern::matches(std::string_view path) const noexcept {
    if (!path.starts_with('/')) return matches_below_ && segments_.empty();
    for (const auto& each : segments_) {
        if (path.empty()) return false;
        const auto next = take_segment(path);
        if (each.is_any ? next.empty() : next != each.text) return false;
    }
    return path.empty() || matches_below_;
}

// `append` appends the changed form of a path to a string.
template <class Append>
path_pattern path_pattern::changed(Append append) const {
    path_pattern out;
    out.matches_below_ = matches_below_;
    for (const auto& each : segments_) {
        // Not as a whole, because a decoded "%2A" would look like any segment. The slash is for the rule
        // about the end: it belongs to no segment.
        std::string made;
        append("/" + each.text, made);
        out.segments_.push_back({made.substr(1), each.is_any});
        out.text_ += "/" + (each.is_any ? std::string("*") : out.segments_.back().text);
    }
    const bool has_end_slash = !matches_below_ && segments_.size() > 1 && segments_.back() == segment{};
    if (has_end_slash) {
        out.segments_.pop_back();
        out.text_.pop_back();
    }
    if (matches_below_) out.text_ += below;
    out.set_rank();
    return out;
}

path_pattern path_pattern::plain_form() const {
    return changed(append_plain_form);
}

path_pattern path_pattern::lower_form() const {
    return changed(append_lower);
}

bool can_match_same_path(const path_pattern& a, const path_pattern& b) noexcept {
    const auto& shorter = a.segments().size() <= b.segments().size() ? a : b;
    const auto& longer = &shorter == &a ? b : a;
    const auto agree = [](const path_pattern::segment& x, const path_pattern::segment& y) {
        if (x.is_any && y.is_any) return true;
        if (x.is_any || y.is_any) return !(x.is_any ? y : x).text.empty();
        return x.text == y.text;
    };
    if (!std::equal(shorter.segments().begin(), shorter.segments().end(), longer.segments().begin(), agree))
        return false;
    return shorter.segments().size() == longer.segments().size() || shorter.matches_below();
}

}  // namespace gate::http
