#include <gate/emulator/values.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace gate::emulator {
namespace {

template <class T, class... Format>
std::optional<T> parse_whole(std::string_view text, Format... format) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value, format...);
    if (error != std::errc() || rest != end) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
    return parse_whole<std::uint64_t>(text);
}

std::optional<double> parse_probability(std::string_view text) {
    // Digits by hand: from_chars for floating point is missing in clang's library of the same age.
    std::string_view rest = text;
    double value = 0;
    double place = 1;
    bool fraction = false;
    if (rest.empty() || rest.front() == '.' || rest.back() == '.') return std::nullopt;
    for (const char c : rest) {
        if (c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        if (fraction) place /= 10;
        value = fraction ? value + place * (c - '0') : value * 10 + (c - '0');
    }
    if (value > 1) return std::nullopt;
    return value;
}

std::optional<std::string> parse_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
    std::string out(text.size() / 4 * 3, '\0');
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(length) - padding);
    return out;
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace gate::emulator
