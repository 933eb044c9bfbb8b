#include <gate/core/text.hpp>
#include <gate/verify/cache_control.hpp>

#include <algorithm>

namespace gate::verify {
namespace {

constexpr std::chrono::seconds a_year{31'536'000};

using core::iequals;
using core::trim;

// The next element of the list, commas in quotes being part of it; taken off `text`.
std::string_view take_element(std::string_view& text) {
    bool quoted = false;
    std::size_t i = 0;
    for (; i < text.size() && (quoted || text[i] != ','); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (quoted && text[i] == '\\') ++i;
    }
    i = std::min(i, text.size());
    const auto element = trim(text.substr(0, i));
    text.remove_prefix(std::min(i + 1, text.size()));
    return element;
}

std::optional<std::chrono::seconds> read_age(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty()) return std::nullopt;
    std::chrono::seconds sum{0};
    for (const char c : text) {
        if (!core::is_digit(c)) return std::nullopt;
        sum = std::min(sum * 10 + std::chrono::seconds(c - '0'), a_year);
    }
    return sum;
}

}  // namespace

cache_directives parse_cache_control(std::string_view value) {
    cache_directives out;
    while (!value.empty()) {
        const auto element = take_element(value);
        const auto equals = element.find('=');
        const auto name = trim(element.substr(0, equals));
        if (iequals(name, "no-store") || iequals(name, "no-cache") || iequals(name, "private"))
            out.no_store = true;
        if (!iequals(name, "max-age")) continue;
        const auto age = read_age(equals == std::string_view::npos ? std::string_view{}
                                                                   : trim(element.substr(equals + 1)));
        out.has_garbage_max_age |= !age;
        if (age) out.max_age = std::min(*age, out.max_age.value_or(*age));
    }
    return out;
}

}  // namespace gate::verify
