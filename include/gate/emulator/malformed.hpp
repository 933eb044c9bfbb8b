#pragma once
// Answers that a caller must not trust: each breaks the documented 200 of a verification in one way.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gate::emulator {

enum class malformed_kind : std::uint8_t {
    truncated,        // JSON cut in the middle
    not_json,         // an HTML page
    empty,            // no body at all
    wrong_types,      // data is a list
    huge,             // valid, and 4 MiB long
    valid_string,     // "valid": "true"
    no_account,       // valid without gate_account_id
    account_crlf,     // an account id that would inject a header line
    account_control,  // an account id with control characters
    account_long,     // an account id of 4 KiB
    deep,             // 20 000 nested lists
};

std::optional<malformed_kind> parse_malformed(std::string_view name);
std::string_view to_string(malformed_kind kind);

// All names, for messages: "truncated, not_json, ...".
std::string malformed_names();

// The body to answer with; its status is 200.
std::string malformed_body(malformed_kind kind);

}  // namespace gate::emulator
