#include "host.hpp"

#include "chars.hpp"

#include <cstring>

#include <arpa/inet.h>

namespace gate::http {
namespace {

bool is_valid_port(std::string_view port) noexcept {
    if (port.size() > 5) return false;
    unsigned value = 0;
    for (const char c : port) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= 65535;
}

// An escape of a letter or the like. What escapes a delimiter is valid, too, but somebody will decode it.
bool is_plain_escape(std::string_view text) noexcept {
    if (text.size() < 3 || text[0] != '%') return false;
    const unsigned high = hex_value(text[1]);
    const unsigned low = hex_value(text[2]);
    if (high > 15 || low > 15) return false;
    const auto c = static_cast<char>(high << 4 | low);
    return high >= 8 || has_class(c, char_class::unreserved);
}

// The size of the reg-name at the beginning of `host`. A comma, which the grammar has, ends it: two hosts in
// one field look like that.
std::size_t reg_name_size(std::string_view host) noexcept {
    std::size_t size = 0;
    const auto is_plain = [host](std::size_t at) { return has_class(host[at], char_class::reg_name); };
    while (size < host.size()) {
        while (host.size() - size >= 4 && is_plain(size) && is_plain(size + 1) && is_plain(size + 2) &&
               is_plain(size + 3))
            size += 4;
        if (size == host.size()) break;
        if (has_class(host[size], char_class::reg_name)) {
            ++size;
        } else if (is_plain_escape(host.substr(size))) {
            size += 3;
        } else {
            break;
        }
    }
    return size;
}

bool is_ipv6(std::string_view address) noexcept {
    char text[INET6_ADDRSTRLEN];
    if (address.size() >= sizeof text || address.find('\0') != std::string_view::npos) return false;
    std::memcpy(text, address.data(), address.size());
    text[address.size()] = '\0';
    in6_addr parsed;
    return inet_pton(AF_INET6, text, &parsed) == 1;
}

}  // namespace

bool is_valid_host(std::string_view host) noexcept {
    std::size_t name_end = 0;
    if (host.starts_with('[')) {
        const auto bracket = host.find(']');
        if (bracket == std::string_view::npos || !is_ipv6(host.substr(1, bracket - 1))) return false;
        name_end = bracket + 1;
    } else {
        name_end = reg_name_size(host);
        if (name_end == 0) return false;
    }
    if (name_end == host.size()) return true;
    return host[name_end] == ':' && is_valid_port(host.substr(name_end + 1));
}

}  // namespace gate::http
