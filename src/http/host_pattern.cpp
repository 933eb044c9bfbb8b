#include "chars.hpp"
#include "host.hpp"

#include <gate/http/host_pattern.hpp>

#include <algorithm>

namespace gate::http {
namespace {

constexpr std::string_view any_label = "*.";
constexpr std::size_t longest_name = 253;

bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
}

std::string_view without_port(std::string_view host) noexcept {
    const auto colon = host.rfind(':');
    const bool is_inside_address = host.starts_with('[') && host.ends_with(']');
    return colon == host.npos || is_inside_address ? host : host.substr(0, colon);
}

bool has_empty_label(std::string_view name) noexcept {
    return name.starts_with('.') || name.ends_with('.') || name.find("..") != name.npos;
}

}  // namespace

std::string check_host_pattern(std::string_view text) {
    if (text.empty()) return "needs a host name";
    if (text == "*" || text == any_label) return "is no host: without `host` a route matches every host";
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::any_of(text.begin(), text.end(), upper)) return "must be in lower case";
    if (text.starts_with('[') && text.ends_with(']'))
        return is_valid_host(text) ? "" : "is not an IPv6 address in brackets";
    if (text.find("://") != text.npos) return "must be a name alone, without 'https://' and without a path";
    if (text.find(':') != text.npos) return "must not have a port: ports are not compared";
    const auto name = text.starts_with(any_label) ? text.substr(any_label.size()) : text;
    if (name.find('*') != name.npos) return "can have '*' only as its first label, as in *.example.com";
    if (name.ends_with('.')) return "must not end with a dot";
    if (has_empty_label(name)) return "has an empty label";
    if (text.size() > longest_name || !std::all_of(name.begin(), name.end(), is_host_char))
        return "needs 1 to 253 letters, digits, '-', '_' or '.'";
    return {};
}

bool host_matches(std::string_view pattern, std::string_view host) noexcept {
    if (!pattern.starts_with(any_label)) return pattern == host;
    const auto suffix = pattern.substr(1);
    return host.size() > suffix.size() && host.ends_with(suffix);
}

comparable_host::comparable_host(std::string_view host) noexcept {
    auto name = without_port(host);
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.size() > longest || has_empty_label(name) || name.find('%') != name.npos) return;
    std::transform(name.begin(), name.end(), text_.begin(), [](char c) { return to_lower(c); });
    size_ = name.size();
}

bool is_misdirected(std::string_view host, std::string_view server_name) noexcept {
    if (host.empty() || server_name.empty()) return false;
    const comparable_host asked(host);
    return !asked.is_known() || asked.name() != comparable_host(server_name).name();
}

}  // namespace gate::http
