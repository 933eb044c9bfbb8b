#pragma once
// Short words for tests about routes.

#include <gate/auth/route_table.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

namespace test {

using gate::auth::route;
using gate::auth::route_access;
using gate::auth::route_decision;
using gate::auth::route_defaults;
using gate::auth::route_scratch;
using gate::auth::route_table;
using strings = std::vector<std::string>;

constexpr auto none = route_access::none;
constexpr auto optional = route_access::optional;
constexpr auto required = route_access::required;
constexpr auto deny = route_access::deny;

struct entry {
    strings paths;
    route_access needs;
    strings methods{};
    strings hosts{};
    bool shadow = false;
    bool preflight = false;
    std::size_t upstream = 0;
};

inline std::vector<route> routes_of(const std::vector<entry>& entries) {
    std::vector<route> out;
    for (const auto& each : entries) {
        route r;
        r.paths = each.paths;
        r.needs = each.needs;
        r.methods = each.methods;
        r.hosts = each.hosts;
        r.shadow = each.shadow;
        r.preflight = each.preflight;
        r.upstream = each.upstream;
        r.where = "routes[" + std::to_string(out.size()) + "]";
        out.push_back(std::move(r));
    }
    return out;
}

struct asked {
    std::string path;
    std::string method = "GET";
    std::string host = "other.test";
    strings other_methods{};
    strings other_paths{};
};

class routes {
public:
    explicit routes(const std::vector<entry>& entries, const route_defaults& defaults = {})
        : table_(routes_of(entries), defaults) {
        for (const auto& each : table_.errors()) UNSCOPED_INFO(each.message);
        REQUIRE(table_.errors().empty());
    }

    route_decision decide(const asked& by) {
        const std::vector<std::string_view> methods(by.other_methods.begin(), by.other_methods.end());
        const std::vector<std::string_view> paths(by.other_paths.begin(), by.other_paths.end());
        return table_.decide({by.method, by.path, by.host, methods, paths}, scratch_);
    }
    route_access needs(const asked& by) { return decide(by).needs; }
    template <class Path>
    route_access needs(const Path& path) {
        return decide({std::string(path)}).needs;
    }

    // Index of the route that is chosen; -1: none.
    int chosen(const asked& by) {
        const auto* const found = decide(by).chosen;
        return found == nullptr ? -1 : static_cast<int>(found - table_.routes().data());
    }

    const route_table& table() const { return table_; }

private:
    route_table table_;
    route_scratch scratch_;
};

}  // namespace test

namespace gate::auth {
inline std::ostream& operator<<(std::ostream& out, route_access needs) {
    return out << to_string(needs);
}
}  // namespace gate::auth
