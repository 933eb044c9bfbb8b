#pragma once
// Single values as users write them. Pure; errors are sentences for the user, without the option's name.

#include <gate/config/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gate::config {

struct refusal {
    std::string message;
};

// A value, or why there is none.
template <class T>
class [[nodiscard]] parsed {
public:
    // NOLINTBEGIN(google-explicit-constructor): a parser returns the one or the other.
    parsed(T value) : value_(std::move(value)) {}
    parsed(refusal why) : error_(std::move(why.message)) {}
    // NOLINTEND(google-explicit-constructor)

    explicit operator bool() const noexcept { return value_.has_value(); }
    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return &*value_; }
    const std::string& error() const noexcept { return error_; }

private:
    std::optional<T> value_;
    std::string error_;
};

// `true` or `false`; YAML 1.1's other spellings (yes, no, on, off) are refused.
parsed<bool> parse_boolean(std::string_view text);

// Decimal digits without sign, leading zeros or separators.
parsed<std::uint64_t> parse_count(std::string_view text);

// A number, which may have decimals, and a unit (ms, s, m, h): 60s, 1.5s. A plain 0 needs none.
parsed<duration> parse_duration(std::string_view text);

// A whole number and a unit (B, KiB, MiB, GiB). A plain 0 needs none.
parsed<std::uint64_t> parse_size(std::string_view text);

// Bytes per second: a size and "/s", such as 500B/s. A plain 0 needs no unit.
parsed<std::uint64_t> parse_byte_rate(std::string_view text);

// Whole percents: 50%. A plain 0 needs no unit.
parsed<std::uint64_t> parse_share(std::string_view text);

// An absolute http or https URL without user, query and fragment. The host in lower case, the default port
// filled in, one trailing '/' of the path taken off. The path has no dot segments and only characters of RFC
// 3986, 3.3.
parsed<url> parse_url(std::string_view text);

// The same, or the address of a Unix socket: unix: and an absolute path, or '@' and an abstract name, of at
// most 107 bytes.
parsed<url> parse_upstream(std::string_view text);

// IP address and port (0.0.0.0:8080, [::1]:8080; the address in its canonical form), unix: and an absolute
// path of at most 107 bytes, or systemd: and a name.
parsed<listen_address> parse_listen_address(std::string_view text);

// Permissions in octal digits: 0660.
parsed<unsigned> parse_socket_mode(std::string_view text);

// An IP address, a range in CIDR notation without bits beyond the prefix, or `unix`. Canonical form.
parsed<network> parse_network(std::string_view text);

// The forms that the parsers read.
std::string format_duration(duration value);
std::string format_size(std::uint64_t bytes);
std::string format_byte_rate(std::uint64_t bytes_per_second);
std::string format_share(std::uint64_t percent);
std::string format_url(const url& value);
std::string format_listen_address(const listen_address& value);
std::string format_socket_mode(unsigned value);
std::string format_network(const network& value);

// The canonical spelling of an IPv4 or IPv6 address without brackets and zone; nothing if it is none.
std::optional<std::string> canonical_address(std::string_view text);

// 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host);

}  // namespace gate::config
