#include "server_name.hpp"

#include <gate/core/text.hpp>

#include <boost/asio/ip/address.hpp>

namespace gate::net {
namespace {

constexpr std::size_t longest_name = 253;

bool is_of_names(char c) noexcept {
    return (c >= 'a' && c <= 'z') || core::is_digit(c) || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::optional<std::string> normal_server_name(std::string_view sent) {
    if (sent.ends_with('.')) sent.remove_suffix(1);
    if (sent.empty() || sent.size() > longest_name) return {};
    std::string out(sent);
    for (auto& c : out) {
        c = core::to_lower(c);
        if (!is_of_names(c)) return {};
    }
    return out;
}

std::optional<std::string> as_address(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(name, ec);
    if (ec) return {};
    return address.to_string();
}

}  // namespace gate::net
