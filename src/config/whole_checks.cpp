#include <gate/config/draft.hpp>
#include <gate/config/files.hpp>
#include <gate/config/rules.hpp>

namespace gate::config {

namespace {

void check_ca_file(draft& of) {
    const std::string& path = of.value.gate.ca_file;
    if (path.empty()) return;
    if (auto bad = check_readable(path); !bad.empty()) of.blame("gate.ca_file", in_quotes(path) + " " + bad);
}

// Answers do not know the path then, by which a request would be denied.
void check_answer(draft& of) {
    const auto& answer = of.value.answer;
    if (!answer.address || answer.original != original_source::none) return;
    for (std::size_t i = 0; i < of.value.routes.size(); ++i) {
        const auto& route = of.value.routes[i];
        if (route.auth == access_level::deny)
            of.problems.add(of.route_places[i].of("auth"), "routes[" + std::to_string(i) +
                                                               "].auth: deny has no effect on answers while "
                                                               "answer.original is none");
    }
}

// A longer one is refused with 414 before anybody looks at the paths.
void check_public_paths(draft& of) {
    for (const auto& path : of.value.auth.public_paths) {
        if (path.size() <= of.value.limits.target_length) continue;
        of.blame("auth.public_paths",
                 in_quotes(path) + " is longer than limits.target_length and never matches");
    }
}

// One alone would say half of what an agent needs.
void check_discovery(draft& of) {
    // What is there, and wrong, is not missing.
    if (of.is_wrong("discovery.public_url") || of.is_wrong("discovery.service_id")) return;
    const auto& [public_url, service_id, name, documentation] = of.value.discovery;
    if (public_url.empty() && !service_id.empty()) of.blame("discovery.service_id", "needs public_url, too");
    if (!public_url.empty() && service_id.empty()) of.blame("discovery.public_url", "needs service_id, too");
    const bool is_off = public_url.empty() && service_id.empty();
    if (is_off && !name.empty()) of.blame("discovery.name", "needs public_url and service_id, too");
    if (is_off && !documentation.empty())
        of.blame("discovery.documentation", "needs public_url and service_id, too");
}

}  // namespace

void check_whole(draft& of) {
    check_listeners(of);
    check_ca_file(of);
    check_public_paths(of);
    check_discovery(of);
    check_answer(of);
    check_entries(of);
    check_tls(of);
    check_upstream_tls(of);
    check_fleet(of);
    check_telemetry(of);
}

}  // namespace gate::config
