// 1 000 random route tables, and targets for each: the table decides as the naive reference does.
#include "route_reference.hpp"

#include <catch.hpp>
#include <random>

using namespace gate::auth;

namespace {

#ifdef __SANITIZE_THREAD__
constexpr std::size_t most_tables = 20;  // one thread: there is no race to be found, and it takes minutes
#else
constexpr std::size_t most_tables = 1000;
#endif

// One draw in each expression: a seed means the same with every compiler and processor.
class random_routes {
public:
    explicit random_routes(std::uint32_t seed) : random_(seed) {}

    std::vector<route> routes(bool with_shadow) {
        std::vector<route> out(1 + below(8));
        for (std::size_t i = 0; i < out.size(); ++i) {
            auto& r = out[i];
            if (below(3) == 0) r.hosts = some(hosts_, 2);
            r.paths = {pattern()};
            if (below(4) == 0) r.paths.push_back(pattern());
            if (below(8) == 0) r.paths.clear();
            if (below(3) == 0) r.methods = some(methods_, 2);
            r.needs = static_cast<route_access>(below(4));
            r.shadow = with_shadow && below(3) == 0;
            r.preflight = r.methods.empty() && below(2) == 0;
            r.where = "routes[" + std::to_string(i) + "]";
        }
        return out;
    }

    route_defaults defaults(bool with_shadow) {
        return {below(2) == 0 ? route_access::optional : route_access::required, with_shadow && below(3) == 0,
                below(2) == 0};
    }

    reference::request request() {
        reference::request out{pick(asked_methods_), target(), pick(asked_hosts_), {}, {}};
        if (below(10) == 0) out.other_methods.push_back(pick(asked_methods_));
        if (below(10) == 0) {
            const auto& prefix = pick(prefixes_);
            out.other_paths.push_back(prefix + target());
        }
        return out;
    }

private:
    using strings = std::vector<std::string>;

    std::size_t below(std::size_t n) { return random_() % n; }
    const std::string& pick(const strings& from) { return from[below(from.size())]; }
    strings some(const strings& from, std::size_t most) {
        strings out;
        for (std::size_t i = 0; i <= below(most); ++i) {
            const auto& one = pick(from);
            if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
        }
        return out;
    }

    std::string pattern() {
        std::string out;
        for (std::size_t i = 0; i < below(4); ++i) out += "/" + pick(pattern_segments_);
        if (out.empty() || below(3) == 0) return out + "/**";
        return out + (below(5) == 0 ? "/" : "");
    }

    std::string target() {
        if (below(60) == 0) return "*";
        std::string out;
        for (std::size_t i = 0; i <= below(4); ++i) {
            out += pick(slashes_);
            out += pick(target_segments_);
        }
        if (below(5) == 0) out += "/";
        return out.starts_with('/') ? out : "/" + out;
    }

    const strings hosts_{"a.test", "b.test", "*.test", "*.a.test", "x.a.test"};
    const strings asked_hosts_{"a.test", "b.test",  "x.a.test", "y.x.a.test:80",
                               "other",  "A.test.", "",         "z.test"};
    const strings methods_{"GET", "POST", "HEAD", "OPTIONS", "PURGE"};
    const strings asked_methods_{"GET", "GET", "GET", "POST", "HEAD", "get", "OPTIONS", "PURGE", "LOCK"};
    const strings pattern_segments_{"a",   "b",     "admin", "Admin", "*",         "caf%C3%A9",
                                    "%61", "a%20b", "c",     "task",  "task%C2%A0"};
    const strings target_segments_{"a",
                                   "b",
                                   "admin",
                                   "ADMIN",
                                   "c",
                                   "%61dmin",
                                   "%2561",
                                   "caf%C3%A9",
                                   "CAF%c3%89",
                                   "..",
                                   ".",
                                   "a;x",
                                   "a.",
                                   "a%20",
                                   "a%20b",
                                   "",
                                   "%2e%2e",
                                   "a%2fb",
                                   "a%5cadmin",
                                   "admin%00",
                                   "admin%3f",
                                   "%u0061",
                                   "%c0%ae",
                                   "%ef%bd%81",
                                   "x",
                                   "a\\b",
                                   "%",
                                   "%zz",
                                   "%09",
                                   "adm%0ain",
                                   "A",
                                   "..%20",
                                   "a%23",
                                   "...",
                                   "..%20",
                                   "a%09%20",
                                   "....%20",
                                   "%c0%afadmin",
                                   "ta%C5%BF%E2%84%AA",
                                   "adm%C4%B1n",
                                   "ADM%c4%b0N",
                                   "admin%C2%A0",
                                   "a%E2%80%83.",
                                   "admin%E3%80%80%20",
                                   "admin%A0",
                                   "a%C2%85",
                                   "caf%C3%A0",
                                   "a%85"};
    const strings slashes_{"/", "/", "/", "/", "/", "/", "//", "/./", "\\"};
    const strings prefixes_{"", "http://h", "https://h:1"};
    std::mt19937 random_;
};

std::vector<std::string_view> views(const std::vector<std::string>& of) {
    return {of.begin(), of.end()};
}

// Of the OPTIONS requests that the reference lets pass as preflights: the table may hold back a few, where a
// rule that counts for no access matches a reading.
struct preflights {
    int passed = 0;
    int held = 0;
};

void compare(const route_table& table, const std::vector<route>& routes, const route_defaults& defaults,
             const reference::request& asked, route_scratch& scratch, preflights& seen) {
    const auto methods = views(asked.other_methods);
    const auto paths = views(asked.other_paths);
    const auto got = table.decide({asked.method, asked.path, asked.host, methods, paths}, scratch);
    const auto expected = reference::decide(routes, defaults, asked);
    std::string all =
        "mode " + std::string(to_string(defaults.mode)) + (defaults.shadow ? " shadow" : "") + "\n";
    for (const auto& r : routes) {
        all += r.where + ": " + std::string(to_string(r.needs)) + (r.shadow ? " shadow" : "");
        for (const auto& each : r.hosts) all += " host " + each;
        for (const auto& each : r.paths) all += " " + each;
        for (const auto& each : r.methods) all += " " + each;
        all += "\n";
    }
    for (const auto& each : asked.other_paths) all += "other path " + each + "\n";
    for (const auto& each : asked.other_methods) all += "other method " + each + "\n";
    INFO(all);
    INFO(asked.method << " " << asked.host << " " << asked.path);
    const auto chosen = got.chosen == nullptr ? -1 : static_cast<int>(got.chosen - table.routes().data());
    REQUIRE((chosen == expected.chosen));
    const bool differs =
        std::any_of(routes.begin(), routes.end(), [&](const route& r) { return r.needs != defaults.mode; });
    REQUIRE(got.has_too_many_readings == (expected.too_many && differs));
    if (expected.too_many) return;
    REQUIRE(to_string(got.tried) == to_string(expected.tried));
    REQUIRE(got.in_shadow == expected.in_shadow);
    REQUIRE(to_string(got.needs) == to_string(expected.needs));
    REQUIRE((!got.tried_preflight || expected.preflight));
    if (expected.preflight && asked.method == "OPTIONS") ++(got.tried_preflight ? seen.passed : seen.held);
}

void compare_many(bool with_shadow, std::uint32_t first_seed) {
    std::size_t tables = 0;
    route_scratch scratch;
    preflights seen;
    for (std::uint32_t seed = first_seed; tables < most_tables; ++seed) {
        random_routes random(seed);
        const auto defaults = random.defaults(with_shadow);
        const auto routes = random.routes(with_shadow);
        const route_table table(routes, defaults);
        if (!table.errors().empty()) continue;
        ++tables;
        INFO("seed " << seed);
        for (int i = 0; i < 12; ++i) compare(table, routes, defaults, random.request(), scratch, seen);
    }
    if constexpr (most_tables >= 1000) CHECK(seen.passed > 20 * seen.held);  // of a handful, one is no share
}

}  // namespace

TEST_CASE("rule 8: readings are those that the naive reference finds") {
    gate::http::path_readings found;
    for (std::uint32_t seed = 1; seed <= most_tables * 3 / 2; ++seed) {
        random_routes random(seed);
        const auto path = random.request().path;
        const auto expected = reference::readings_of(path);
        INFO(path);
        REQUIRE(found.read(path) == (expected.size() <= reference::most_readings));
        REQUIRE(gate::http::find_ambiguous_piece(path).empty() == !reference::is_ambiguous(path));
        if (expected.size() > reference::most_readings) continue;
        std::set<std::string> got;
        for (std::size_t i = 0; i < found.size(); ++i) got.emplace(found[i]);
        REQUIRE(got == expected);
    }
}

TEST_CASE("rule 8: 1 000 random tables decide as the naive reference does") {
    compare_many(false, 1);
}

TEST_CASE("rule 8: 1 000 random tables with routes in shadow decide as the naive reference does") {
    compare_many(true, 100'000);
}
