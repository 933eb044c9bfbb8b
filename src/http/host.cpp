#include "host.hpp"

#include "chars.hpp"

#include <cstring>

#include <arpa/inet.h>

namespace gate::http {
namespace {

bool is_valid_port(std::string_view port) noexcept {
    if (port.empty() || port.size() > 5) return false;
    unsigned value = 0;
    for (const char c : port) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= 65535;
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
        while (name_end < host.size() && has_class(host[name_end], char_class::unreserved)) ++name_end;
        if (name_end == 0) return false;
    }
    if (name_end == host.size()) return true;
    return host[name_end] == ':' && is_valid_port(host.substr(name_end + 1));
}

}  // namespace gate::http
