#include <gate/answer/rules.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace gate::answer {
namespace {

bool name_hosts(const config::config& options) {
    return std::ranges::any_of(options.routes, [](const auto& route) { return !route.hosts.empty(); });
}

std::vector<std::string_view> own_names_of(const config::config& options) {
    std::vector<std::string_view> out{options.auth.header_name, "X-Gate-Verification", "X-Gate-Assertion"};
    static const std::string usual = config::auth_options().header_name;
    if (!core::iequals(usual, options.auth.header_name)) out.push_back(usual);
    return out;
}

}  // namespace

http::reading_rules reading_of(const config::config& options) {
    const auto& limits = options.limits;
    return {.limits = {limits.head_size, limits.fields, limits.target_length},
            .identity = http::identity_names(options.auth.header_name),
            .passed_rerouting = {},
            .is_answered_here = true};
}

rules::rules(std::shared_ptr<const void> owner, const rule_parts& of)
    : keeps_alive(std::move(owner)),
      options(of.options),
      token_for_all(auth::access_policy::token_for_all(options.auth)),
      policy(knows_original() ? of.policy : token_for_all),
      documents(of.policy),
      errors(of.errors),
      route_labels(of.route_labels),
      identity_begin(of.identity_begin),
      reading(reading_of(options)),
      limits{options.limits.target_length, name_hosts(options)},
      patience(std::min(options.answer.wait, options.gate.timeout)),
      own_names(own_names_of(options)) {}

}  // namespace gate::answer
