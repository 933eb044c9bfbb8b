#include <gate/answer/rules.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace gate::answer {
namespace {

bool name_hosts(const config::config& options) {
    return std::ranges::any_of(options.routes, [](const auto& route) { return !route.hosts.empty(); });
}

std::vector<std::string_view> own_names_of(const config::config& options) {
    return {options.auth.header_name, "X-Gate-Verification", "X-Gate-Assertion"};
}

}  // namespace

http::reading_rules reading_of(const config::config& options) {
    const auto& limits = options.limits;
    return {.limits = {limits.head_size, limits.fields, limits.target_length},
            .identity = http::identity_names(options.auth.header_name),
            .passed_rerouting = {},
            .is_answered_here = true};
}

rules::rules(std::shared_ptr<const void> owner, const config::config& all, const auth::access_policy& decides,
             const http::error_texts& texts, std::string_view identity_line_begin)
    : keeps_alive(std::move(owner)),
      options(all),
      token_for_all(auth::access_policy::token_for_all(all.auth)),
      policy(all.answer.original == config::original_source::none ? token_for_all : decides),
      documents(decides),
      errors(texts),
      identity_begin(identity_line_begin),
      reading(reading_of(all)),
      limits{all.limits.target_length, name_hosts(all)},
      patience(std::min(all.answer.wait, all.gate.timeout)),
      own_names(own_names_of(all)) {}

}  // namespace gate::answer
