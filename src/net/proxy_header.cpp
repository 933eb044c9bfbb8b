#include <gate/net/proxy_header.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace gate::net {
namespace {

using namespace std::string_view_literals;
using state = proxy_header::state;

const proxy_header incomplete{};
const proxy_header broken{.outcome = state::broken};

constexpr auto signature_1 = "PROXY "sv;
constexpr auto signature_2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t longest_1 = 107;  // with its line end

// Whether one begins with the other.
bool agree(std::string_view received, std::string_view expected) {
    const auto size = std::min(received.size(), expected.size());
    return received.substr(0, size) == expected.substr(0, size);
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t out = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    const bool has_zero = text.size() > 1 && text.front() == '0';
    if (error != std::errc() || stop != end || has_zero) return std::nullopt;
    return out;
}

template <class Address>
std::optional<boost::asio::ip::address> read_address(std::string_view text,
                                                     Address (*make)(std::string_view, core::error_code&)) {
    core::error_code ec;
    if (text.find('%') != text.npos) return std::nullopt;  // a zone means something to its own host alone
    const auto out = make(text, ec);
    if (ec) return std::nullopt;
    return out;
}

std::optional<boost::asio::ip::address> read_address(bool is_v6, std::string_view text) {
    return is_v6 ? read_address(text, &boost::asio::ip::make_address_v6)
                 : read_address(text, &boost::asio::ip::make_address_v4);
}

// "192.0.2.1 198.51.100.1 56324 443"
std::optional<core::tcp::endpoint> read_addresses(bool is_v6, std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (auto& part : parts) {
        const bool is_last = &part == &parts.back();
        const auto end = is_last ? text.size() : text.find(' ');
        if (end == text.npos) return std::nullopt;
        part = text.substr(0, end);
        text.remove_prefix(is_last ? end : end + 1);
    }
    const auto source = read_address(is_v6, parts[0]);
    const auto source_port = read_port(parts[2]);
    if (!source || !source_port || !read_address(is_v6, parts[1]) || !read_port(parts[3]))
        return std::nullopt;
    return core::tcp::endpoint(*source, *source_port);
}

proxy_header read_version_1(std::string_view received) {
    const auto end = received.substr(0, longest_1).find("\r\n");
    if (end == received.npos) {
        // A line feed without its carriage return ends no header, and makes none.
        const bool can_grow = received.size() < longest_1 && received.find('\n') == received.npos;
        return can_grow ? incomplete : broken;
    }
    proxy_header out{.outcome = state::complete, .size = end + 2};
    const auto line = received.substr(signature_1.size(), end - signature_1.size());
    if (line.find_first_of("\r\n\0"sv) != line.npos) return broken;
    if (line == "UNKNOWN"sv || line.starts_with("UNKNOWN "sv)) return out;
    const bool is_v6 = line.starts_with("TCP6 "sv);
    if (!is_v6 && !line.starts_with("TCP4 "sv)) return broken;
    out.client = read_addresses(is_v6, line.substr(5));
    return out.client ? out : broken;
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

template <class Address>
core::tcp::endpoint endpoint_at(std::string_view block, std::size_t port_at) {
    typename Address::bytes_type bytes;
    std::copy_n(block.begin(), bytes.size(), bytes.begin());
    return {Address(bytes), number_at(block, port_at)};
}

// Type, length, value, again and again. What they say is not looked at.
bool are_whole(std::string_view extensions) {
    constexpr std::size_t head = 3;
    while (!extensions.empty()) {
        if (extensions.size() < head) return false;
        const auto size = head + number_at(extensions, 1);
        if (size > extensions.size()) return false;
        extensions.remove_prefix(size);
    }
    return true;
}

// `rest`: addresses and extensions.
proxy_header read_body_2(unsigned family, std::string_view rest, proxy_header out) {
    constexpr unsigned unspecified = 0x00, tcp4 = 0x11, tcp6 = 0x21, unix_stream = 0x31;
    constexpr std::size_t size_4 = 12, size_6 = 36, size_unix = 216;
    const auto size = family == tcp4          ? size_4
                      : family == tcp6        ? size_6
                      : family == unix_stream ? size_unix
                                              : 0;
    if (family == unspecified) return out;
    if (size == 0 || rest.size() < size || !are_whole(rest.substr(size))) return broken;
    if (family == tcp4) out.client = endpoint_at<boost::asio::ip::address_v4>(rest, 8);
    if (family == tcp6) out.client = endpoint_at<boost::asio::ip::address_v6>(rest, 32);
    return out;
}

proxy_header read_version_2(std::string_view received) {
    constexpr unsigned local = 0x20, proxied = 0x21;
    constexpr std::size_t head = 16;
    const auto at = signature_2.size();
    if (received.size() > at && byte_at(received, at) != local && byte_at(received, at) != proxied)
        return broken;
    if (received.size() < head) return incomplete;
    const auto size = head + number_at(received, 14);
    if (size > proxy_header::longest) return broken;
    if (received.size() < size) return incomplete;
    proxy_header out{.outcome = state::complete, .size = size};
    if (byte_at(received, at) == local) return out;
    return read_body_2(byte_at(received, at + 1), received.substr(head, size - head), std::move(out));
}

}  // namespace

proxy_header read_proxy_header(std::string_view received) {
    if (received.empty()) return incomplete;
    if (agree(received, signature_1))
        return received.size() < signature_1.size() ? incomplete : read_version_1(received);
    if (agree(received, signature_2))
        return received.size() < signature_2.size() ? incomplete : read_version_2(received);
    return broken;
}

}  // namespace gate::net
