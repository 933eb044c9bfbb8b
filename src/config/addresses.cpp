#include <gate/config/problem.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/text.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>

namespace gate::config {

namespace {

namespace ip = boost::asio::ip;

constexpr auto npos = std::string_view::npos;
constexpr std::string_view unix_peers = "unix";
constexpr std::string_view unix_scheme = "unix:";
constexpr std::string_view systemd_scheme = "systemd:";

using core::is_digit;

// No zone ("fe80::1%eth0"): what is listened on or connected to is the same on every machine.
std::optional<ip::address> to_address(std::string_view text) {
    if (text.find_first_of(std::string_view("\0%", 2)) != npos) return {};
    boost::system::error_code failed;
    const auto out = ip::make_address(text, failed);
    if (failed) return {};
    return out;
}

std::optional<unsigned> to_number(std::string_view digits, unsigned most) {
    if (!core::all_digits(digits) || digits.size() > 5) return {};
    unsigned value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > most) return {};
    return value;
}

// "host:port", "[v6]:port", "host", "[v6]" -> host without brackets, and the port's digits
struct authority {
    std::string_view host;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

parsed<authority> split_authority(std::string_view text) {
    authority out;
    auto rest = text;
    if (rest.starts_with('[')) {
        const auto end = rest.find(']');
        if (end == npos) return refusal{"has a '[' without ']'"};
        out.bracketed = true;
        out.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        if (!rest.empty() && rest.front() != ':') return refusal{"needs ':' and a port after ']'"};
    } else {
        const auto colon = rest.find(':');
        if (colon != npos && rest.find(':', colon + 1) != npos) {
            return refusal{"needs brackets around an IPv6 address, such as [::1]:8080"};
        }
        out.host = rest.substr(0, colon);
        rest = colon == npos ? std::string_view() : rest.substr(colon);
    }
    if (!rest.empty()) out.port = rest.substr(1);
    return out;
}

bool is_label(std::string_view label) {
    const auto allowed = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), allowed);
}

// Letters, digits, '-' and '_' in labels of up to 63 (RFC 1123, 2.1, and the '_' that container names have).
// A name whose last label is a number would be an IPv4 address to some resolvers (127.1, 0177.0.0.1):
// refused.
bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    const auto last = name.substr(name.rfind('.') == npos ? 0 : name.rfind('.') + 1);
    if (!last.empty() && is_digit(last.front()) &&
        (std::all_of(last.begin(), last.end(), is_digit) || last.starts_with("0x"))) {
        return false;
    }
    for (;;) {
        const auto dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == npos) return true;
        name.remove_prefix(dot + 1);
    }
}

parsed<std::string> parse_host(const authority& from) {
    if (from.host.empty()) return refusal{"has no host"};
    const auto address = to_address(from.host);
    if (from.bracketed && (!address || !address->is_v6()))
        return refusal{"needs an IPv6 address in the brackets, not " + in_quotes(from.host)};
    if (address) return address->to_string();
    auto name = core::lowered(from.host);
    if (!is_host_name(name))
        return refusal{in_quotes(from.host) + " is neither a host name nor an IP address"};
    return name;
}

parsed<std::uint16_t> parse_port(std::string_view digits, unsigned least) {
    const auto number = to_number(digits, 65535);
    if (!number || *number < least) {
        return refusal{"needs a port from " + std::to_string(least) + " to 65535, not " + in_quotes(digits)};
    }
    return static_cast<std::uint16_t>(*number);
}

// The range that the address is in, without the bits beyond the prefix.
network range_of(const ip::address& address, unsigned prefix) {
    const auto bits = static_cast<unsigned short>(prefix);
    const auto base = address.is_v4()
                          ? ip::make_network_v4(address.to_v4(), bits).canonical().address().to_string()
                          : ip::make_network_v6(address.to_v6(), bits).canonical().address().to_string();
    return {base, prefix};
}

// What is wrong with the path of a Unix socket, or "".
std::string check_socket_path(std::string_view path) {
    constexpr std::size_t longest = 107;  // of a path that the system takes, unix(7)
    if (path.size() > longest) return "has a path of more than 107 bytes, which no Unix socket can have";
    if (find_bad_byte(path, false) != npos) return "must be UTF-8 without control characters";
    return {};
}

// An abstract name has no permissions: every process of the network namespace could take it or connect to it.
parsed<listen_address> parse_socket(std::string_view path) {
    if (path.starts_with('@')) return refusal{"must not be an abstract name: it would have no permissions"};
    if (path.size() < 2 || path.front() != '/' || path.starts_with("//") || path.ends_with('/'))
        return refusal{"needs an absolute path after unix:, such as unix:/run/gate-sidecar/http.sock"};
    if (auto bad = check_socket_path(path); !bad.empty()) return refusal{std::move(bad)};
    listen_address out;
    out.socket = path;
    return out;
}

// As systemd.socket(5) has it for FileDescriptorName.
parsed<listen_address> parse_systemd_name(std::string_view name) {
    const auto allowed = [](char c) { return core::is_visible(c) && c != ':'; };
    if (name.empty() || name.size() > 255 || !std::all_of(name.begin(), name.end(), allowed))
        return refusal{
            "needs a name after systemd:, such as systemd:http (1 to 255 ASCII characters without spaces, "
            "control characters and ':')"};
    listen_address out;
    out.systemd_name = name;
    return out;
}

}  // namespace

std::optional<std::string> canonical_address(std::string_view text) {
    const auto address = to_address(text);
    if (!address) return {};
    return address->to_string();
}

bool is_loopback(std::string_view host) {
    const auto address = to_address(host);
    return address ? address->is_loopback() : core::lowered(host) == "localhost";
}

parsed<url> parse_url(std::string_view text) {
    url out;
    const auto scheme = core::lowered(text.substr(0, text.find("://")));
    if (scheme != "http" && scheme != "https")
        return refusal{"needs a URL that begins with http:// or https://"};
    if (text.size() == scheme.size()) return refusal{"needs '://' and a host after " + scheme};
    out.tls = scheme == "https";
    text.remove_prefix(scheme.size() + 3);

    const auto end = std::min(text.find_first_of("/?#"), text.size());
    const auto before_path = text.substr(0, end);
    // Not quoted: what stands before the '@' is likely a password.
    if (before_path.find('@') != npos) return refusal{"must not have a user or password"};
    const auto parts = split_authority(before_path);
    if (!parts) return refusal{parts.error()};
    auto host = parse_host(*parts);
    if (!host) return refusal{host.error()};
    out.host = std::move(*host);
    const auto port = parts->port ? parse_port(*parts->port, 1) : parsed<std::uint16_t>(out.tls ? 443 : 80);
    if (!port) return refusal{port.error()};
    out.port = *port;

    auto path = text.substr(end);
    if (auto bad = check_base_path(path); !bad.empty()) return refusal{std::move(bad)};
    if (path.ends_with('/')) path.remove_suffix(1);
    out.path = path;
    return out;
}

parsed<url> parse_upstream(std::string_view text) {
    if (!text.starts_with(unix_scheme)) return parse_url(text);
    text.remove_prefix(unix_scheme.size());
    if (text.size() < 2 || (text.front() != '/' && text.front() != '@') || text.starts_with("//"))
        return refusal{
            "needs an absolute path after unix:, such as unix:/run/app/api.sock, or '@' and a name"};
    if (auto bad = check_socket_path(text); !bad.empty()) return refusal{std::move(bad)};
    url out;
    out.socket = text;
    return out;
}

parsed<listen_address> parse_listen_address(std::string_view text) {
    if (text.starts_with(unix_scheme)) return parse_socket(text.substr(unix_scheme.size()));
    if (text.starts_with(systemd_scheme)) return parse_systemd_name(text.substr(systemd_scheme.size()));
    const auto parts = split_authority(text);
    if (!parts) return refusal{parts.error()};
    if (!parts->port) return refusal{"needs an address and a port, such as 0.0.0.0:8080"};
    if (parts->host.empty() || parts->host == "*")
        return refusal{"needs an address; 0.0.0.0 and [::] mean all addresses"};
    const auto address = to_address(parts->host);
    if (!address || address->is_v6() != parts->bracketed) {
        return refusal{"needs an IP address, not " + in_quotes(parts->host) +
                       (parts->host == "localhost" ? " (write 127.0.0.1)" : "")};
    }
    const auto port = parse_port(*parts->port, 0);
    if (!port) return refusal{port.error()};
    return listen_address{address->to_string(), *port};
}

parsed<unsigned> parse_socket_mode(std::string_view text) {
    constexpr unsigned writable = 0222;
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    if (text.size() != 4 || text.front() != '0' || !std::all_of(text.begin(), text.end(), is_octal))
        return refusal{"needs permissions such as \"0660\", not " + in_quotes(text)};
    unsigned out = 0;
    for (const char c : text) out = out * 8 + static_cast<unsigned>(c - '0');
    if ((out & writable) == 0) return refusal{"lets nobody connect: that needs the right to write"};
    return out;
}

parsed<network> parse_network(std::string_view text) {
    if (text == unix_peers) return network{std::string(unix_peers), 0};
    const auto slash = text.find('/');
    const auto address = to_address(text.substr(0, slash));
    if (!address) return refusal{in_quotes(text) + " is not an address range, such as 10.0.0.0/8"};
    if (address->is_v6() && address->to_v6().is_v4_mapped())
        return refusal{"needs the IPv4 notation of " + in_quotes(text)};
    unsigned prefix = address->is_v4() ? 32 : 128;
    if (slash != npos) {
        const auto given = to_number(text.substr(slash + 1), prefix);
        if (!given)
            return refusal{"needs a prefix from 0 to " + std::to_string(prefix) + " in " + in_quotes(text)};
        prefix = *given;
    }
    auto out = range_of(*address, prefix);
    if (out.address != address->to_string()) {
        return refusal{in_quotes(text) + " has bits beyond its prefix; did you mean " + format_network(out) +
                       "?"};
    }
    return out;
}

std::string format_url(const url& value) {
    if (!value.socket.empty()) return "unix:" + value.socket;
    const unsigned usual = value.tls ? 443 : 80;
    std::string out = value.tls ? "https://" : "http://";
    out += value.host.find(':') == npos ? value.host : "[" + value.host + "]";
    if (value.port != usual) out += ":" + std::to_string(value.port);
    return out + value.path;
}

std::string format_listen_address(const listen_address& value) {
    if (value.is_socket()) return std::string(unix_scheme) + value.socket;
    if (value.is_from_systemd()) return std::string(systemd_scheme) + value.systemd_name;
    const bool v6 = value.host.find(':') != npos;
    return (v6 ? "[" + value.host + "]" : value.host) + ":" + std::to_string(value.port);
}

std::string format_socket_mode(unsigned value) {
    std::string out = "0000";
    for (std::size_t i = out.size(); i-- > 0; value /= 8) out[i] = static_cast<char>('0' + value % 8);
    return out;
}

std::string format_network(const network& value) {
    if (value.address == unix_peers) return value.address;
    return value.address + "/" + std::to_string(value.prefix);
}

}  // namespace gate::config
