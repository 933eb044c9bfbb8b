#pragma once
// Hosts as routes compare them: a name alone, or "*.domain" for every name below it.

#include <array>
#include <string>
#include <string_view>

namespace gate::http {

// The problem as a sentence without the pattern, or "" when it is acceptable: a name or an address in lower
// case, or "*." and a name for one or more labels before it. No port, no dot at the end, no "*" alone.
std::string check_host_pattern(std::string_view text);

// Whether `host`, in the form of comparable_host, matches a checked pattern.
bool host_matches(std::string_view pattern, std::string_view host) noexcept;

// The host of a request without its port and without a dot at the end, in lower case. Needs no allocation.
class comparable_host {
public:
    // `host`: as received (http::read_host); "" for none.
    explicit comparable_host(std::string_view host) noexcept;

    // Empty where the host is not known: there is none, or it has an escape, an empty label or more than 253
    // bytes, so that receivers could take it for different hosts.
    std::string_view name() const noexcept { return {text_.data(), size_}; }
    bool is_known() const noexcept { return size_ != 0; }

private:
    static constexpr std::size_t longest = 253;
    std::array<char, longest> text_;
    std::size_t size_ = 0;
};

// Whether `host`, as received, is another than the one that the client named in the handshake (SNI): what its
// certificate was verified for is not what it asks for now (RFC 9110 7.4, 15.5.20). Not where either is
// missing. A host that is not known is another one.
bool is_misdirected(std::string_view host, std::string_view server_name) noexcept;

}  // namespace gate::http
