#include <gate/app/request_members.hpp>
#include <gate/core/account_id.hpp>

#include <algorithm>

namespace gate::app {

using config::parsed;
using config::refusal;

parsed<request_members> request_members::read(std::string_view body,
                                              std::initializer_list<std::string_view> known) {
    auto all = read_flat_object(body);
    std::string names;
    for (const auto each : known) names.append(names.empty() ? "" : ", ").append(each);
    if (!all) return refusal{"The body must be one JSON object of texts: " + names + "."};
    for (const auto& each : *all) {
        if (std::ranges::find(known, each.name) == known.end())
            return refusal{"The body has a member that is not known here; known are " + names + "."};
        if (each.boolean) return refusal{"'" + each.name + "' must be a text."};
    }
    return request_members(std::move(*all));
}

std::optional<std::string_view> request_members::text(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &flat_member::name);
    if (found == all_.end()) return std::nullopt;
    return found->text.reveal();
}

parsed<std::string> request_members::account() const {
    const auto account = text("account");
    if (!account) return refusal{"'account' is missing: the id of an account, such as gacct_..."};
    if (account->starts_with(core::agent_token_prefix))
        return refusal{"'account' holds an agent token; the id of an account is needed."};
    if (!core::names_an_account(*account))
        return refusal{"'account' must be an account id: visible ASCII, at most 256 bytes."};
    return std::string(*account);
}

parsed<core::duration> request_members::span(core::duration most) const {
    const auto given = text("for");
    if (!given) return core::duration{0};
    const auto span = config::parse_duration(*given);
    if (!span) return refusal{"'for' " + span.error() + "."};
    if (*span < std::chrono::seconds(1) || *span > most)
        return refusal{"'for' must be between 1s and " + config::format_duration(most) + "."};
    return *span;
}

}  // namespace gate::app
