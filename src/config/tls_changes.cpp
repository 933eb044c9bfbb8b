#include <gate/config/tls_rules.hpp>

#include <algorithm>
#include <array>

namespace gate::config {

namespace {

constexpr std::array<std::string_view, 3> client_auths{"none", "optional", "required"};

template <class Options>
bool keep(const Options& in_force, Options& next) {
    if (in_force.is_on() == next.is_on()) return false;
    next = in_force;
    return true;
}

void compare_client_auth(const std::string& section, client_auth before, client_auth after,
                         std::vector<std::string>& into) {
    if (after >= before) return;
    const auto name = [](client_auth of) { return std::string(client_auths[static_cast<std::size_t>(of)]); };
    into.push_back(section + ".client_auth: " + name(before) + " -> " + name(after));
}

// An empty list lets any name come.
void compare_client_names(const std::string& section, const std::vector<std::string>& before,
                          const std::vector<std::string>& after, std::vector<std::string>& into) {
    if (before.empty()) return;
    if (after.empty()) return into.push_back(section + ".client_names: any name may come now");
    for (const auto& each : after) {
        if (std::ranges::find(before, each) == before.end())
            into.push_back(section + ".client_names: " + each + " may come now");
    }
}

}  // namespace

bool keep_whether_tls_is_on(const listener_tls_options& in_force, listener_tls_options& next) {
    return keep(in_force, next);
}

bool keep_whether_tls_is_on(const operating_tls_options& in_force, operating_tls_options& next) {
    return keep(in_force, next);
}

void keep_whether_tls_is_on(const config& in_force, config& next, std::vector<std::string_view>& kept) {
    if (keep(in_force.listener.tls, next.listener.tls)) kept.emplace_back("listener.tls.certificates");
    if (keep(in_force.status.tls, next.status.tls)) kept.emplace_back("status.tls.certificates");
    if (keep(in_force.admin.tls, next.admin.tls)) kept.emplace_back("admin.tls.certificates");
    if (keep(in_force.answer.tls, next.answer.tls)) kept.emplace_back("answer.tls.certificates");
}

void compare_tls(const std::string& section, const listener_tls_options& before,
                 const listener_tls_options& after, std::vector<std::string>& into) {
    if (!after.is_on()) return;
    compare_client_auth(section, before.client_auth, after.client_auth, into);
    // Where certificates are not asked for any more, that says it all.
    if (after.client_auth != client_auth::none)
        compare_client_names(section, before.client_names, after.client_names, into);
    if (before.min_version == tls_version::tls13 && after.min_version == tls_version::tls12)
        into.push_back(section + ".min_version: 1.3 -> 1.2");
}

}  // namespace gate::config
