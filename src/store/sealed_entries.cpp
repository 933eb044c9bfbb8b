#include "sealed_entries.hpp"

#include <gate/store/message_codec.hpp>

#include <utility>

namespace gate::store {
namespace {

opened_message open(std::string_view sealed, std::string_view place, fleet_keys::opener& with) {
    const auto text = with.open(sealed, place);
    if (!text) return auth::fleet_defect::unsealed;
    auto message = read_message(*text);
    if (!message) return auth::fleet_defect::malformed;
    return std::move(*message);
}

}  // namespace

opened_message open_entry(const log_entry& entry, fleet_keys::opener& with, const key_names& names) {
    if (entry.is_too_large) return auth::fleet_defect::size;
    if (entry.is_malformed) return auth::fleet_defect::malformed;
    return open(entry.message, names.log(), with);
}

opened_message open_block(std::string_view field, std::string_view sealed, const fleet_keys& keys,
                          const key_names& names) {
    fleet_keys::opener with(keys);
    auto out = open(sealed, place_of_block(field, names), with);
    const auto* message = std::get_if<auth::fleet_message>(&out);
    if (message == nullptr) return out;
    const bool is_block =
        message->kind == auth::fleet_kind::block && keys.name_of_account(message->account) == field;
    if (!is_block) return auth::fleet_defect::malformed;
    return out;
}

std::string place_of_block(std::string_view field, const key_names& names) {
    return names.blocks() + std::string(field);
}

}  // namespace gate::store
