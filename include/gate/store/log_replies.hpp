#pragma once
// Commands to the log and what they answer. Pure.

#include <gate/auth/fleet.hpp>
#include <gate/store/reply.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::store {

// "1700000000000-0"; nothing: it is none.
std::optional<auth::log_position> position_in(std::string_view text);
std::string to_text(const auth::log_position& position);

// XREAD of the entries after `after`; `wait` of zero: without waiting.
inline constexpr std::size_t most_entries = 128;  // of one reply
std::string read_command(std::string_view key, const auth::log_position& after,
                         std::chrono::milliseconds wait);

struct log_entry {
    auth::log_position id;
    std::string message{};      // sealed
    bool is_too_large = false;  // to be deleted
    bool is_malformed = false;  // no field `m`, or others
};
// Nothing: it is no answer to read_command. Empty: there was nothing to read.
std::optional<std::vector<log_entry>> entries_in(reply&& answer);

// XINFO STREAM.
std::string look_command(std::string_view key);
// The newest id that the log has ever had; 0-0: there is no log. Nothing: it is no answer to look_command.
std::optional<auth::log_position> newest_in(const reply& answer);

}  // namespace gate::store
