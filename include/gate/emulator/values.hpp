#pragma once
// Setting values as text, in one spelling for the command line and the control API. What cannot be read comes
// back as a problem: one sentence for the user.

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gate::emulator {

struct problem {
    std::string text;
};

template <class T>
using parsed = boost::system::result<T, problem>;

// A whole number, digits only.
std::optional<std::uint64_t> parse_count(std::string_view text);

// A number from 0 to 1.
std::optional<double> parse_probability(std::string_view text);

// RFC 4648 section 4, padded.
std::optional<std::string> parse_base64(std::string_view text);

// Visible ASCII and spaces only: fit for a field value (RFC 9110 5.5).
bool is_field_value(std::string_view text);

}  // namespace gate::emulator
