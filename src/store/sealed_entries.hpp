#pragma once
// What stands sealed in the log and among the blocks, as messages. Pure.

#include <gate/store/fleet_requests.hpp>
#include <gate/store/log_replies.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace gate::store {

// The message, or why there is none.
using opened_message = std::variant<auth::fleet_defect, auth::fleet_message>;

opened_message open_entry(const log_entry& entry, fleet_keys::opener& with, const key_names& names);

// Of the hash of blocks: the block or lifting that stands for the account whose name `field` is.
opened_message open_block(std::string_view field, std::string_view sealed, const fleet_keys& keys,
                          const key_names& names);
// What a block is sealed for.
std::string place_of_block(std::string_view field, const key_names& names);

}  // namespace gate::store
