#include <gate/core/text.hpp>
#include <gate/store/places.hpp>

#include <algorithm>
#include <charconv>

namespace gate::store {
namespace {

constexpr std::size_t longest_host = 255;

std::optional<std::uint16_t> port_in(std::string_view text) {
    std::uint16_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc() || end != text.data() + text.size() || out == 0) return {};
    return out;
}

bool is_host(std::string_view text) {
    return text.size() <= longest_host && std::ranges::all_of(text, core::is_visible);
}

}  // namespace

std::optional<config::store_host> host_in_redirection(std::string_view error) {
    const auto space = error.rfind(' ');
    if (space == std::string_view::npos) return {};
    const auto where = error.substr(space + 1);
    const auto colon = where.rfind(':');  // an IPv6 address stands without brackets
    if (colon == std::string_view::npos || !is_host(where.substr(0, colon))) return {};
    const auto port = port_in(where.substr(colon + 1));
    if (!port) return {};
    return config::store_host{std::string(where.substr(0, colon)), *port};
}

told_place place_in(const reply& answer, std::string_view master) {
    told_place out;
    if (answer.is_error()) {
        const bool keeps_us_out = answer.is_error("NOAUTH") || answer.is_error("NOPERM");
        out.failure = keeps_us_out ? fault::refused : fault::failed;
        out.said = code_in(answer.text);
        return out;
    }
    if (answer.is == reply::form::nothing) {
        out.failure = fault::failed;
        out.said = "knows no store named " + std::string(master);
        return out;
    }
    out.failure = fault::garbled;
    if (answer.items.size() != 2) return out;
    const auto host = answer.text_at(0);
    const auto port = port_in(answer.text_at(1));
    if (host.empty() || !is_host(host) || !port) return out;
    out.failure = fault::none;
    out.where = config::store_host{std::string(host), *port};
    return out;
}

}  // namespace gate::store
