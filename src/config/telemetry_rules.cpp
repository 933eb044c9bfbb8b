#include <gate/config/problem.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/telemetry_rules.hpp>
#include <gate/core/percent_decoding.hpp>
#include <gate/core/text.hpp>
#include <gate/http/token_characters.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace gate::config {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_value = 1024;
constexpr std::size_t longest_url = 2048;
constexpr std::size_t most_headers = 16;

bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= longest_name &&
           std::ranges::all_of(text, http::is_token_character);
}

struct sides {
    std::string_view key;
    std::string_view value;
};

std::optional<sides> split(std::string_view text) {
    const auto at = text.find('=');
    if (at == std::string_view::npos) return std::nullopt;
    return sides{core::trim(text.substr(0, at)), core::trim(text.substr(at + 1))};
}

// These say how the message is to be read, and where it goes.
bool is_ours(std::string_view name) {
    constexpr std::array<std::string_view, 13> names{"host",
                                                     "content-length",
                                                     "content-type",
                                                     "content-encoding",
                                                     "transfer-encoding",
                                                     "te",
                                                     "connection",
                                                     "upgrade",
                                                     "trailer",
                                                     "expect",
                                                     "accept-encoding",
                                                     "proxy-connection",
                                                     "keep-alive"};
    return std::ranges::any_of(names, [&](auto each) { return core::iequals(each, name); });
}

// Nothing of the value is shown: it may be a secret.
std::string complaint_about_header(std::string_view item) {
    const auto found = split(item);
    if (!found || !is_token(found->key)) return "needs name=value, separated by commas";
    if (is_ours(found->key)) return "must not set " + in_quotes(found->key);
    const auto value = core::percent_decoded(found->value);
    if (!value) return "has a '%' without two hexadecimal digits in " + in_quotes(found->key);
    if (value->size() > longest_value || find_bad_byte(*value, false) != std::string_view::npos)
        return "has a value that no header field may have, in " + in_quotes(found->key);
    return {};
}

}  // namespace

std::vector<std::string_view> items_of(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (const auto item = core::trim(text.substr(0, end)); !item.empty()) out.push_back(item);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string check_collector_url(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > longest_url) return "must not be longer than 2048 bytes";
    const auto url = parse_url(text);
    return url ? std::string() : url.error();
}

std::string check_service_name(std::string_view text) {
    if (text.size() > longest_name) return "must not be longer than 255 bytes";
    if (find_bad_byte(text, false) != std::string_view::npos)
        return "must be UTF-8 without control characters";
    return {};
}

std::string check_resource_attribute(std::string_view text) {
    const auto found = split(text);
    if (!found) return "needs key=value";
    const auto key = core::percent_decoded(found->key);
    const auto value = core::percent_decoded(found->value);
    if (key &&
        (key->empty() || key->size() > longest_name || find_bad_byte(*key, false) != std::string_view::npos))
        return "needs key=value";
    if (!key || !value) return "has a '%' without two hexadecimal digits";
    if (value->size() > longest_value) return "must not have a value of more than 1024 bytes";
    if (find_bad_byte(*value, false) != std::string_view::npos)
        return "must have a value in UTF-8 without control characters";
    return {};
}

std::pair<std::string, std::string> read_resource_attribute(std::string_view text) {
    const auto found = split(text).value_or(sides{});
    return {core::percent_decoded(found.key).value_or(""), core::percent_decoded(found.value).value_or("")};
}

parsed<core::secret_string> check_export_headers(core::secret_string text) {
    const auto items = items_of(text.reveal(), ",\r\n");
    if (items.size() > most_headers) return refusal{"has more than 16 fields"};
    std::vector<std::string_view> names;
    for (const auto each : items) {
        if (auto bad = complaint_about_header(each); !bad.empty()) return refusal{std::move(bad)};
        const auto name = split(each)->key;
        const auto is_it = [&](std::string_view other) { return core::iequals(name, other); };
        if (std::ranges::any_of(names, is_it)) return refusal{"sets " + in_quotes(name) + " twice"};
        names.push_back(name);
    }
    return text;
}

std::vector<export_header> read_export_headers(const core::secret_string& text) {
    std::vector<export_header> out;
    for (const auto each : items_of(text.reveal(), ",\r\n")) {
        const auto found = split(each).value_or(sides{});
        out.push_back(
            {std::string(found.key), core::secret_string(core::percent_decoded(found.value).value_or(""))});
    }
    return out;
}

}  // namespace gate::config
