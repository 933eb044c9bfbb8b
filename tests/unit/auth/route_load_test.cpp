// What is wrong, or perhaps not meant, at load; what print-config and explain tell.
#include "routes_of.hpp"

#include <algorithm>

using namespace test;

namespace {

strings errors_of(const std::vector<entry>& entries) {
    strings out;
    const route_table table(routes_of(entries), {});
    for (const auto& each : table.errors()) out.push_back(each.message);
    return out;
}

strings warnings_of(const std::vector<entry>& entries, const route_defaults& defaults = {}) {
    strings out;
    const route_table table(routes_of(entries), defaults);
    for (const auto& each : table.warnings()) out.push_back(each.message);
    return out;
}

}  // namespace

TEST_CASE("two routes that tie are an error that names both positions") {
    const route_table table(routes_of({{{"/x"}, none}, {{"/a", "/b"}, none}, {{"/b"}, deny}}), {});
    REQUIRE(table.errors().size() == 1);
    CHECK(table.errors()[0].first == 1);
    CHECK(table.errors()[0].second == 2);
    CHECK(table.errors()[0].message ==
          "routes[1] and routes[2] both match '/b', and none is more specific: no request could choose");
    CHECK(errors_of({{{"/a"}, none, {"GET", "PUT"}}, {{"/a"}, none, {"POST", "PUT"}}}).size() == 1);
    CHECK(errors_of({{{}, none, {}, {"a.test"}}, {{"/**"}, none, {}, {"b.test", "a.test"}}}) ==
          strings{"routes[0] and routes[1] both match '/**' for the host a.test, and none is more "
                  "specific: no request "
                  "could choose"});
}

TEST_CASE("a route and auth.public_paths can tie") {
    auto list = routes_of({{{"/health"}, required}});
    list.push_back(gate::auth::public_path_route("/health", "auth.public_paths[0]"));
    const route_table table(list, {});
    REQUIRE(table.errors().size() == 1);
    CHECK(table.errors()[0].message.starts_with("routes[0] and auth.public_paths[0] both match '/health'"));
}

TEST_CASE("routes that some request can choose between do not tie") {
    CHECK(errors_of({{{"/a"}, none, {"GET"}},
                     {{"/a"}, none, {"POST"}},
                     {{"/a"}, none},
                     {{"/a/"}, none},
                     {{"/A"}, none},
                     {{"/*"}, none},
                     {{"/a"}, none, {}, {"a.test"}},
                     {{"/a"}, none, {}, {"*.test"}},
                     {{"/a"}, none, {}, {"*.b.test"}}})
              .empty());
    CHECK(errors_of({{{"/a", "/a"}, none}}).empty());
}

TEST_CASE("wrong patterns, hosts, methods and preflights are errors with the route") {
    CHECK(errors_of({{{"/ok"}, none}, {{"/a*"}, none}}) ==
          strings{"routes[1]: path '/a*' has '*' inside a segment: '*' stands for one whole segment (a "
                  "literal one is written "
                  "%2A)"});
    CHECK(errors_of({{{"/a"}, none, {}, {"*"}}}) ==
          strings{"routes[0]: host '*' is no host: without `host` a route matches every host"});
    CHECK(errors_of({{{"/a"}, none, {"get"}}}) ==
          strings{"routes[0]: a method must be a name in upper case"});
    CHECK(errors_of({{{"/a"}, none, {""}}}).size() == 1);
    CHECK(errors_of({{{"/a"}, none, {"GET"}, {}, false, true}}) ==
          strings{"routes[0]: preflight needs OPTIONS among the methods of the route"});
    CHECK(errors_of({{{"/a"}, none, {"OPTIONS"}, {}, false, true}, {{"/b"}, none, {}, {}, false, true}})
              .empty());
    strings many;
    for (int i = 0; i < 64; ++i) many.push_back("M" + std::to_string(i));
    CHECK(errors_of({{{"/a"}, none, many}}) == strings{"routes[0]: the routes list more than 63 methods"});
}

TEST_CASE("a warning where a route opens everything because it names nothing") {
    CHECK(
        warnings_of({{{"/health"}, required}, {{}, none}}) ==
        strings{"routes[1]: auth: none holds for every path and every host, because the route names none. If "
                "that is meant, write path: /**"});
    CHECK(warnings_of({{{}, none, {"GET"}}}).size() == 1);
    CHECK(warnings_of({{{"/**"}, none}}).empty());
    CHECK(warnings_of({{{}, required}}).empty());
    CHECK(warnings_of({{{}, deny}}).empty());
    CHECK(warnings_of({{{}, optional}}, {optional}).empty());
}

TEST_CASE("a warning where a looser host shares its upstream with stricter ones") {
    CHECK(warnings_of({{{}, none, {}, {"open.test"}}}) ==
          strings{"routes[0]: auth: none holds for a host that shares its upstream with other hosts "
                  "(auth.mode), which is "
                  "stricter. Each client chooses the host that it names"});
    CHECK(warnings_of({{{}, none, {}, {"open.test"}, false, false, 1}}).empty());
    CHECK(warnings_of({{{}, none, {}, {"open.test"}, false, false, 1},
                       {{}, required, {}, {"api.test"}, false, false, 1}})
              .size() == 1);
    CHECK(warnings_of({{{}, required, {}, {"api.test"}}}).empty());
    CHECK(warnings_of({{{"/x"}, none}}).empty());
    CHECK(warnings_of({{{}, optional, {}, {"open.test"}}}, {optional}).empty());
}

TEST_CASE("a warning where a denial of some methods leaves the rest open") {
    CHECK(warnings_of({{{"/admin/**"}, deny, {"POST"}}, {{"/**"}, none}}) ==
          strings{"routes[0]: auth: deny holds for some methods alone, and routes[1] opens the same path to "
                  "others"});
    CHECK(warnings_of({{{"/admin/**"}, deny, {"POST"}}, {{"/admin/x"}, optional, {"GET"}}}).size() == 1);
    CHECK(warnings_of({{{"/admin/**"}, deny, {"POST"}}, {{"/admin/**"}, required}}).empty());
    CHECK(warnings_of({{{"/admin/**"}, deny, {"POST"}}, {{"/open/**"}, none}}).empty());
    CHECK(warnings_of({{{"/admin/**"}, deny}, {{"/**"}, none}}).empty());
    CHECK(warnings_of({{{"/a"}, deny, {"POST"}, {"a.test"}}, {{"/a"}, none, {}, {"b.test"}, false, false, 1}})
              .empty());
}

TEST_CASE("the compiled order is that in which rules are tried") {
    const route_table table(routes_of({{{"/**"}, none},
                                       {{"/a/*", "/a/b"}, none, {"GET"}},
                                       {{"/a/b"}, none},
                                       {{"/x"}, none, {}, {"*.test", "a.test"}},
                                       {{"/x"}, none, {}, {"*.b.test"}}}),
                            {});
    strings order;
    for (const auto& each : table.compiled_order())
        order.push_back(each.host + each.path + (each.methods.empty() ? "" : " " + each.methods[0]) + " " +
                        std::to_string(each.route));
    CHECK(order ==
          strings{"a.test/x 3", "*.b.test/x 4", "*.test/x 3", "/a/b GET 1", "/a/b 2", "/a/* GET 1", "/** 0"});
}

TEST_CASE("explain names the route that has won, and why each other has lost") {
    const route_table table(routes_of({{{"/**"}, none},
                                       {{"/a/*"}, optional},
                                       {{"/a/b"}, required, {"GET"}},
                                       {{"/a/b"}, none},
                                       {{"/a/b"}, none, {"POST"}},
                                       {{"/z"}, none},
                                       {{"/a/**"}, none, {}, {"x.test"}}}),
                            {});
    CHECK(table.explain({"GET", "/a/b", "h"}) ==
          strings{"routes[2] is chosen: auth: required", "access: required",
                  "routes[0] lost: routes[2] has a more specific path",
                  "routes[1] lost: routes[2] has a more specific path",
                  "routes[3] lost: routes[2] lists the method",
                  "routes[4] lost: the method is not among its methods",
                  "routes[5] lost: the path does not match", "routes[6] lost: the host does not match"});
    CHECK(table.explain({"GET", "/q", "x.test"})[0] == "routes[0] is chosen: auth: none");
    CHECK(table.explain({"GET", "/a/b", "x.test"}).back().starts_with("routes[5] lost"));
    CHECK(table.explain({"GET", "/a/b", "x.test"})[1] ==
          "the path also meets '/a/b' of routes[2]: auth: required");
    CHECK(table.explain({"GET", "/a/b", "x.test"})[3] ==
          "routes[0] lost: routes[6] has a more specific host");
}

TEST_CASE("explain names the route that a reading meets with its escapes") {
    const route_table table(routes_of({{{"/open/*/admin"}, deny}, {{"/open/a/**"}, required}}), {});
    const auto lines = table.explain({"GET", "/Open/%61/admin", "h"});
    CHECK(lines[1] == "the path also meets '/open/*/admin' of routes[0]: auth: deny");
}

TEST_CASE("explain names the reading that tightens, and what is ambiguous") {
    const route_table table(routes_of({{{"/open/**"}, none}, {{"/admin/**"}, deny}}), {});
    const auto lines = table.explain({"GET", "/open/../admin", "h"});
    CHECK(lines[0] == "routes[0] is chosen: auth: none");
    CHECK(lines[1] ==
          "a server may read the path as '/admin', which meets '/admin/**' of routes[1]: auth: deny");
    CHECK(lines[2] == "the path is ambiguous ('.'): not looser than auth.mode");
    CHECK(lines[3] == "access: deny");
    CHECK(table.explain({"GET", "/x", "h"})[0] == "no route matches: auth.mode (required) holds");
    const auto many = table.explain({"GET", std::string(80, '/') + "x", "h"});
    CHECK(std::find(many.begin(), many.end(), "the path can be read in more than 64 ways") != many.end());
}

TEST_CASE("explain names what an override field or a missing host has tightened") {
    const route_table table(routes_of({{{"/open/**"}, none},
                                       {{"/admin/**"}, deny},
                                       {{"/open/x"}, deny, {"DELETE"}},
                                       {{"/open/y"}, required, {}, {"*.a.test"}},
                                       {{"/open/z"}, deny, {}, {"b.test"}}}),
                            {});
    const auto has = [](const strings& lines, const std::string& line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    const std::vector<std::string_view> paths{"/open/q", "https://h/admin?x"};
    const std::vector<std::string_view> methods{"delete"};
    const auto moved = table.explain({"GET", "/open/x", "h", methods, paths});
    CHECK(has(moved, "the method 'delete' in an override field counts, too: auth: deny"));
    CHECK(has(moved, "the path 'https://h/admin?x' in an override field counts, too: auth: deny"));
    CHECK_FALSE(has(moved, "the path '/open/q' in an override field counts, too: auth: none"));
    CHECK(has(moved, "access: deny"));

    const std::string everywhere =
        "the request names no host that can be compared: the routes of every host count";
    CHECK(has(table.explain({"GET", "/open/q", ""}), everywhere));
    CHECK(has(table.explain({"GET", "/open/z", ""}), everywhere + ", such as those of 'b.test': auth: deny"));
    CHECK(has(table.explain({"GET", "/open/y", ""}),
              everywhere + ", such as those of '*.a.test': auth: required"));
    for (const auto& line : table.explain({"GET", "/open/z", "b.test"}))
        CHECK(line.find("names no host") == line.npos);
}

TEST_CASE("hostile hosts and paths of any length are decided") {
    routes r({{{"/a/**"}, none, {}, {"*.test"}}, {{"/**"}, deny, {}, {"x.test"}}, {{"/b/*/c"}, optional}});
    std::string dots;
    for (int i = 0; i < 8000; ++i) dots += "a.";
    CHECK(r.needs({"/a", "GET", dots + "test"}) == deny);  // too long for a name: every host
    for (const std::string piece :
         {"/", "/..", "%", "%25", ";", "/b", "\\", "/a", "%2f", "/.%20", "\x80", "/;/"}) {
        std::string path = "/b";
        while (path.size() < 8192) path += piece;
        INFO(piece);
        const auto made = r.decide({path, "GET", "x.test"});
        CHECK(made.needs == deny);
        CHECK(r.needs({path, "GET", ""}) == deny);
    }
}
