#include <gate/config/draft.hpp>
#include <gate/config/files.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace gate::config {

namespace {

struct named_endpoint {
    std::string_view path;
    const endpoint* address;
};

std::vector<named_endpoint> listeners(const config& of) {
    std::vector<named_endpoint> out{{"listener.address", &of.listener.address},
                                    {"status.address", &of.status.address},
                                    {"admin.address", &of.admin.address}};
    if (of.answer.address) out.push_back({"answer.address", &*of.answer.address});
    return out;
}

// Whether the system lets only one of them be bound.
bool clash(const endpoint& a, const endpoint& b) {
    const auto is_v6 = [](const endpoint& e) { return e.host.find(':') != std::string::npos; };
    const auto is_wildcard = [](const endpoint& e) { return e.host == "0.0.0.0" || e.host == "::"; };
    if (a.port == 0 || a.port != b.port || is_v6(a) != is_v6(b)) return false;
    return a.host == b.host || is_wildcard(a) || is_wildcard(b);
}

bool is_given(const draft& of, std::string_view path) {
    return of.origin_of(path).kind != origin::kind_t::standard;
}

// The later of the two is blamed, unless only the earlier one was given.
void check_addresses(draft& of) {
    const auto all = listeners(of.value);
    for (std::size_t later = 1; later < all.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (!clash(*all[earlier].address, *all[later].address)) continue;
            auto [at, other] = std::pair(all[later].path, all[earlier].path);
            if (!is_given(of, at)) std::swap(at, other);
            of.blame(at, "is the same address and port as " + std::string(other));
        }
    }
}

bool is_same_place(const endpoint& listener, const url& target) {
    if (listener.port == 0 || listener.port != target.port) return false;
    const bool everywhere = listener.host == "0.0.0.0" || listener.host == "::";
    const bool local = is_loopback(target.host) && (everywhere || is_loopback(listener.host));
    return local || listener.host == target.host;
}

// An upstream that is one of our own listeners would make every request go round in circles.
void check_upstream_loop(draft& of) {
    const url& target = of.value.upstream.target;
    for (const auto& [path, address] : listeners(of.value)) {
        if (!is_same_place(*address, target)) continue;
        const bool upstream_given = is_given(of, "upstream.url");
        of.blame(upstream_given ? "upstream.url" : path, upstream_given
                                                             ? "is this program's own " + std::string(path)
                                                             : "is the address of upstream.url");
    }
}

void check_ca_file(draft& of) {
    const std::string& path = of.value.gate.ca_file;
    if (path.empty()) return;
    if (auto bad = check_readable(path); !bad.empty()) of.blame("gate.ca_file", in_quotes(path) + " " + bad);
}

// Also where no route leads there: some day one will.
void check_named_upstreams(draft& of) {
    for (std::size_t i = 0; i < of.value.upstreams.size(); ++i) {
        const auto& each = of.value.upstreams[i];
        for (const auto& [path, address] : listeners(of.value)) {
            if (!is_same_place(*address, each.options.target)) continue;
            of.problems.add(of.upstream_places[i].of("url"),
                            "upstreams." + each.name + ".url: is this program's own " + std::string(path));
        }
    }
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
    check_addresses(of);
    check_upstream_loop(of);
    check_ca_file(of);
    check_public_paths(of);
    check_discovery(of);
    check_named_upstreams(of);
    check_answer(of);
    check_entries(of);
    check_tls(of);
}

}  // namespace gate::config
