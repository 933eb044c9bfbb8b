#pragma once
// Regular expressions for numbers of a range, with their units.

#include <gate/config/config.hpp>

#include <cstdint>
#include <string>

namespace config_schema {

// The decimal numbers from `least` to `most`, without leading zeros. least <= most.
std::string number_pattern(std::uint64_t least, std::uint64_t most);

// What parse_duration() and the others accept, within the range: 60s, 1.5s; 16KiB; 500B/s; 50%. A number with
// decimals may lie outside by less than one of its unit.
std::string duration_pattern(gate::config::duration least, gate::config::duration most);
std::string size_pattern(std::uint64_t least, std::uint64_t most);
std::string byte_rate_pattern(std::uint64_t least, std::uint64_t most);
std::string share_pattern(std::uint64_t least, std::uint64_t most);

}  // namespace config_schema
