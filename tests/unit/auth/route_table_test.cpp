// The sentences of the document about routes: choice, and access by readings.
#include "routes_of.hpp"

using namespace test;

TEST_CASE("what no route matches has auth.mode") {
    routes r({{{"/open"}, none}});
    CHECK(r.needs("/other") == required);
    CHECK(r.chosen({"/other"}) == -1);
    CHECK(routes({{{"/open"}, none}}, {optional}).needs("/other") == optional);
    CHECK(routes({}).needs("/open") == required);
    CHECK(routes({}, {optional}).needs("/open") == optional);
}

TEST_CASE("the order of routes in the file does not matter") {
    const std::vector<entry> entries{
        {{"/v1/**"}, required}, {{"/v1/catalog/**"}, optional, {"GET"}}, {{"/v1/*/x"}, none}};
    const std::vector<entry> reversed(entries.rbegin(), entries.rend());
    for (const std::string path : {"/v1/a", "/v1/catalog/x", "/v1/a/x", "/v2", "/v1"}) {
        INFO(path);
        CHECK(routes(entries, {optional}).needs(path) == routes(reversed, {optional}).needs(path));
    }
}

TEST_CASE("the most specific path is chosen, segment by segment from the left") {
    routes r({{{"/a/b"}, none}, {{"/a/*"}, none}, {{"/a/**"}, none}, {{"/*/b/c"}, none}, {{"/**"}, none}});
    CHECK(r.chosen({"/a/b"}) == 0);
    CHECK(r.chosen({"/a/x"}) == 1);
    CHECK(r.chosen({"/a"}) == 2);
    CHECK(r.chosen({"/a/"}) == 2);
    CHECK(r.chosen({"/a/b/c"}) == 2);
    CHECK(r.chosen({"/x/b/c"}) == 3);
    CHECK(r.chosen({"/x/b/d"}) == 4);
    CHECK(r.chosen({"/"}) == 4);
    CHECK(r.chosen({"*", "OPTIONS"}) == 4);
}

TEST_CASE("a route that lists the method comes before one that lists none, but after a more specific path") {
    routes r({{{"/a"}, none, {"GET", "POST"}},
              {{"/a"}, optional},
              {{"/a/b"}, required},
              {{"/a/**"}, none, {"GET"}}});
    CHECK(r.chosen({"/a", "POST"}) == 0);
    CHECK(r.chosen({"/a", "PUT"}) == 1);
    CHECK(r.chosen({"/a", "get"}) == 1);
    CHECK(r.chosen({"/a/b", "GET"}) == 2);
    CHECK(r.chosen({"/a/c", "GET"}) == 3);
    CHECK(r.chosen({"/a/c", "HEAD"}) == -1);
}

TEST_CASE("a route without a path is for the whole host, and one without a host for all") {
    routes r({{{}, none, {}, {"api.test"}}, {{"/x"}, optional}});
    CHECK(r.chosen({"/", "GET", "api.test"}) == 0);
    CHECK(r.chosen({"/deep/x", "GET", "API.test:80"}) == 0);
    CHECK(r.chosen({"/x", "GET", "other.test"}) == 1);
    CHECK(r.chosen({"/y", "GET", "other.test"}) == -1);
}

TEST_CASE("exact hosts come before longer wildcards, those before shorter ones, and those before none") {
    routes r({{{"/**"}, required, {}, {"a.b.test"}},
              {{"/**"}, required, {}, {"*.b.test"}},
              {{"/**"}, required, {}, {"*.test"}},
              {{"/**"}, required}});
    CHECK(r.chosen({"/", "GET", "a.b.test"}) == 0);
    CHECK(r.chosen({"/", "GET", "c.b.test"}) == 1);
    CHECK(r.chosen({"/", "GET", "d.c.b.test."}) == 1);
    CHECK(r.chosen({"/", "GET", "b.test"}) == 2);
    CHECK(r.chosen({"/", "GET", "test"}) == 3);
    CHECK(r.chosen({"/", "GET", ""}) == 3);
}

TEST_CASE("a host where no path matches leaves the choice to less specific hosts") {
    routes r({{{"/a"}, none, {}, {"a.test"}}, {{"/b"}, none, {}, {"*.test"}}, {{"/c"}, none}});
    CHECK(r.chosen({"/a", "GET", "a.test"}) == 0);
    CHECK(r.chosen({"/b", "GET", "a.test"}) == 1);
    CHECK(r.chosen({"/c", "GET", "a.test"}) == 2);
    CHECK(r.chosen({"/d", "GET", "a.test"}) == -1);
}

TEST_CASE("a less specific host with a more specific path tightens, but does not choose") {
    routes r({{{"/**"}, none, {}, {"open.test"}, false, false, 1}, {{"/v1/**"}, required}});
    const auto made = r.decide({"/v1/x", "GET", "open.test"});
    CHECK(made.needs == required);
    CHECK(made.chosen->upstream == 1);
    CHECK(r.needs({"/v2/x", "GET", "open.test"}) == none);
}

TEST_CASE("a more specific host may reopen what the same or a wider path denies elsewhere") {
    routes r(
        {{{"/**"}, none, {}, {"api.test"}}, {{"/**"}, deny}, {{"/admin/**"}, required, {}, {"api.test"}}});
    CHECK(r.needs({"/x", "GET", "api.test"}) == none);
    CHECK(r.needs({"/admin", "GET", "api.test"}) == required);
    CHECK(r.needs({"/x", "GET", "other.test"}) == deny);
}

TEST_CASE("the strictest of all less specific hosts counts, each by its best candidate") {
    routes r({{{"/**"}, none, {}, {"a.b.test"}},
              {{"/v1/**"}, deny, {}, {"*.b.test"}},
              {{"/v1/x"}, none, {}, {"*.b.test"}},
              {{"/v1/*"}, optional, {}, {"*.test"}},
              {{"/v1/**"}, required}});
    CHECK(r.needs({"/v1/x", "GET", "a.b.test"}) == required);
    CHECK(r.needs({"/v1/y", "GET", "a.b.test"}) == deny);
    CHECK(r.needs({"/v1/y", "GET", "c.test"}) ==
          optional);  // its path is more specific than that for all hosts
}

TEST_CASE("a route inherits nothing from another") {
    routes r({{{"/v1/**"}, required, {}, {}, false, false, 2}, {{"/v1/x"}, none}});
    CHECK(r.decide({"/v1/x"}).chosen->upstream == 0);
}

TEST_CASE("rule 8: every spelling that a server may read as a denied path is denied") {
    routes r({{{"/admin/**"}, deny}, {{"/**"}, none}});
    for (const std::string path : {"/admin",          "/admin/",
                                   "/admin/x",        "/x/../admin",
                                   "/%61dmin",        "/ADMIN",
                                   "/admin;x",        "/public/..%20/admin",
                                   "//admin",         "//host/admin",
                                   "/./admin",        "/%2e/admin",
                                   "/x%2f..%2fadmin", "/x/..%5cadmin",
                                   "/\\admin",        "/admin%00",
                                   "/admin%3fx",      "/admin%23",
                                   "/%2561dmin/x",    "/%25%36%31dmin",
                                   "/%u0061dmin",     "/%c1%a1dmin",
                                   "/%ef%bd%81dmin",  "/admin.",
                                   "/admin%20",       "/admin./x",
                                   "/aDmIn/X",        "///x///admin",
                                   "/x;/../admin",    "/x/%252e%252e/admin"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
    for (const std::string path : {"/administrator", "/x/admin", "/internal"}) {
        INFO(path);
        CHECK(r.needs(path) == none);
    }
}

TEST_CASE("rule 8: an escape that a server does not decode is a segment like any other") {
    routes r({{{"/open/*/admin"}, deny}, {{"/open/a/**"}, required}, {{"/open/a%20b/**"}, none}});
    CHECK(r.needs("/open/a/admin") == required);
    for (const std::string path : {"/open/%61/admin", "/open/%2561/admin", "/open/%2561/admin%2f",
                                   "/open/%2561/x%2f..%2fadmin", "/OPEN/%61/ADMIN/"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
    CHECK(r.needs({"/open/a/x", "GET", "other.test", {}, {"/open/%61/admin"}}) == deny);
    // Which pattern has escapes does not matter to a reading that has none of them any more.
    routes closed({{{"/a%20b/**"}, required}, {{"/**"}, deny}});
    CHECK(closed.needs("/a%20b/x%2520y") == required);
    CHECK(closed.needs("/a%2520b/x") == deny);
}

TEST_CASE("rule 8: every spelling of a protected path needs a token") {
    routes r({{{"/admin/**"}, required}, {{"/**"}, none}}, {optional});
    for (const std::string path : {"/x/../admin", "/%61dmin", "/ADMIN", "/admin;x", "/public/..%20/admin"}) {
        INFO(path);
        CHECK(r.needs(path) == required);
    }
    CHECK(r.needs("/public/../x") == optional);  // ambiguous: auth.mode
}

TEST_CASE("readings only tighten: no spelling opens what the raw path does not") {
    routes r({{{"/open/**"}, none}, {{"/**"}, deny}});
    for (const std::string path : {"/OPEN/x", "/%6fpen/x", "/x/../open", "/open%2fx", "//open"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
    CHECK(r.needs("/open/x") == none);
}

TEST_CASE("upstream and time-outs come from the raw path alone") {
    routes r({{{"/a/**"}, none, {}, {}, false, false, 1}, {{"/b/**"}, deny, {}, {}, false, false, 2}});
    const auto made = r.decide({"/a/../b"});
    CHECK(made.needs == deny);
    CHECK(made.chosen->upstream == 1);
}

TEST_CASE("patterns may end in a slash, have upper case and escapes") {
    routes r({{{"/hook/"}, none}, {{"/caf%C3%A9"}, none}, {{"/Users/*"}, none}});
    CHECK(r.needs("/hook/") == none);
    CHECK(r.needs("/hook") == required);
    CHECK(r.needs("/caf%C3%A9") == none);
    CHECK(r.needs("/caf%c3%a9") == required);
    CHECK(r.needs("/Users/Ann") == none);
    CHECK(r.needs("/users/ann") == required);
    routes denied({{{"/Hook/"}, deny}, {{"/caf%C3%A9/**"}, deny}, {{"/**"}, none}});
    for (const std::string path : {"/hook", "/HOOK/", "/hook/", "/caf%C3%A9/x", "/caf%c3%89", "/CAF%C3%A9"}) {
        INFO(path);
        CHECK(denied.needs(path) == deny);
    }
}

TEST_CASE("of different patterns with the same plain form the stricter counts") {
    routes r({{{"/hook"}, none}, {{"/hook/"}, required}, {{"/open"}, none}}, {optional});
    CHECK(r.needs("/hook") == required);
    CHECK(r.needs("/hook/") == required);
    CHECK(r.needs("/open") == none);
    REQUIRE(r.table().warnings().size() == 1);
    CHECK(r.table().warnings()[0].message ==
          "'/hook' of routes[0] and '/hook/' of routes[1] are the same to servers that ignore case, "
          "escapes or a slash "
          "at the end: auth: required counts for both");
}

TEST_CASE("patterns of different host levels are no warning, and each counts for its own") {
    routes r({{{"/hook"}, none, {}, {"a.test"}, false, false, 1}, {{"/hook/"}, deny}});
    CHECK(r.table().warnings().empty());
    CHECK(r.needs({"/hook", "GET", "a.test"}) == none);
    CHECK(r.needs({"/hook", "GET", "b.test"}) == deny);
}

TEST_CASE("a looser pattern that is not in plain form counts only where the raw path matches it as written") {
    routes r({{{"/admin/**"}, deny}, {{"/Admin/x"}, none}});
    CHECK(r.needs("/Admin/x") == none);  // that very spelling has a route of its own
    for (const std::string path : {"/admin/x", "/ADMIN/x", "/admin/X", "/%41dmin/x", "/Admin/x/"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
    routes strict({{{"/admin/**"}, none}, {{"/Admin/x"}, deny}});
    CHECK(strict.needs("/admin/x") == deny);  // a stricter one counts always
}

TEST_CASE("methods tighten without regard to case, GET covers HEAD") {
    routes r({{{"/x"}, deny, {"GET"}}, {{"/y"}, deny, {"POST"}}, {{"/**"}, none}});
    CHECK(r.needs({"/x", "HEAD"}) == deny);
    CHECK(r.needs({"/x", "get"}) == deny);
    CHECK(r.needs({"/x", "head"}) == deny);
    CHECK(r.needs({"/y", "Post"}) == deny);
    CHECK(r.needs({"/x", "POST"}) == none);
    CHECK(r.needs({"/y", "HEAD"}) == none);
    routes opens({{{"/x"}, none, {"GET"}}});
    CHECK(opens.needs({"/x", "GET"}) == none);
    CHECK(opens.needs({"/x", "HEAD"}) == required);
    CHECK(opens.needs({"/x", "get"}) == required);
}

TEST_CASE("methods that tighten do not hide a stricter route for the method itself") {
    routes r({{{"/x"}, none, {"GET"}}, {{"/x"}, deny}, {{"/**"}, optional}}, {optional});
    CHECK(r.needs({"/%78", "HEAD"}) == deny);
}

TEST_CASE("rule 7: the method and the path of an override field that passes count too") {
    routes r({{{"/admin/**"}, deny}, {{"/x"}, deny, {"DELETE"}}, {{"/**"}, none}});
    const auto by_path = [&r](const std::string& other) {
        return r.needs({"/open", "GET", "h", {}, {other}});
    };
    CHECK(by_path("/admin") == deny);
    CHECK(by_path("/%61dmin?x") == deny);
    CHECK(by_path("http://h/ADMIN") == deny);
    CHECK(by_path("http:/h/admin") == deny);
    CHECK(by_path("//h/admin") == deny);
    CHECK(by_path("admin") == deny);
    CHECK(by_path("/other") == none);
    CHECK(by_path("/a/../b") == required);
    CHECK(r.needs({"/x", "POST", "h", {"DELETE"}}) == deny);
    CHECK(r.needs({"/x", "POST", "h", {"delete"}}) == deny);
    CHECK(r.needs({"/x", "POST", "h", {"PUT"}}) == none);
    CHECK(r.needs({"/open", "POST", "h", {"DELETE"}, {"/x"}}) == deny);
    CHECK(r.decide({"/open", "GET", "h", {}, strings(9, "/other")}).has_too_many_readings);
}

TEST_CASE("rule 7: the raw path opens no other spelling in an override field") {
    routes r({{{"/Hook"}, none}});
    CHECK(r.needs({"/Hook", "GET"}) == none);
    CHECK(r.needs({"/hook", "GET"}) == required);
    CHECK(r.needs({"/Hook", "GET", "h", {}, {"/hook"}}) == required);
    CHECK(r.needs({"/Hook", "GET", "h", {}, {"/HOOK"}}) == required);
    CHECK(r.needs({"/Hook", "GET", "h", {}, {"/Hook"}}) == none);
}

TEST_CASE("without routes an override field takes away every public path") {
    route_scratch scratch;
    const route_table table({gate::auth::public_path_route("/health", "auth.public_paths[0]")}, {});
    const std::vector<std::string_view> others{"/health"};
    CHECK(table.decide({"GET", "/health", "h"}, scratch).needs == none);
    CHECK(table.decide({"GET", "/health", "h", {}, others}, scratch).needs == required);
    CHECK(table.decide({"GET", "/health", "h", others}, scratch).needs == required);
    CHECK(table.decide({"GET", "/HEALTH", "h"}, scratch).needs == required);
    const auto many = table.decide({"GET", "/" + std::string(100, '/'), "h"}, scratch);
    CHECK(many.needs == required);
    CHECK_FALSE(many.has_too_many_readings);
}

TEST_CASE("a request whose host is not known is held against every host") {
    routes r({{{"/**"}, none}, {{"/a"}, deny, {}, {"a.test"}}, {{"/b"}, required, {}, {"*.test"}}});
    for (const std::string host : {"", "a%2etest", "a.test..", ".test"}) {
        INFO(host);
        CHECK(r.needs({"/a", "GET", host}) == deny);
        CHECK(r.needs({"/b", "GET", host}) == required);
        CHECK(r.needs({"/c", "GET", host}) == none);
        CHECK(r.chosen({"/a", "GET", host}) == 0);
    }
    CHECK(r.needs({"/a", "GET", "b.test"}) == none);
}

TEST_CASE("rule 8: an ambiguous path is never opened by a route looser than auth.mode") {
    routes r({{{"/open/**"}, none, {}, {}, false, false, 1}});
    for (const std::string path :
         {"/open/a%2fb", "/open/./b", "/open//b", "/open/a;b", "/open/a\\b", "/open/a%00", "/open/%",
          "/open/%25", "/open/a./b", "/open/a%20", "/open/%u0041", "/open/%ef%bc%a1", "/open/%c0%af"}) {
        INFO(path);
        const auto made = r.decide({path});
        CHECK(made.needs == required);
        CHECK(made.is_ambiguous);
        CHECK(made.chosen->upstream == 1);
    }
    for (const std::string path : {"/open/a%20b", "/open/caf%C3%A9", "/open/", "/open/a.b"}) {
        INFO(path);
        CHECK(r.needs(path) == none);
    }
}

TEST_CASE("too many readings are refused where accesses differ") {
    const auto path = std::string(70, '/') + "b";
    CHECK(routes({{{"/**"}, none}}).decide({path}).has_too_many_readings);
    CHECK(routes({{{"/**"}, none}}).needs(path) == deny);
    const auto same = routes({{{"/v1/**"}, required}}).decide({path});
    CHECK_FALSE(same.has_too_many_readings);
    CHECK(same.needs == required);
}

TEST_CASE("a preflight passes where the raw path and all its readings allow it and none is denied") {
    const route_defaults defaults{required, false, false};
    routes r({{{"/api/**"}, required, {}, {}, false, true},
              {{"/api/private/**"}, required},
              {{"/api/gone"}, deny, {}, {}, false, true}},
             defaults);
    const auto passes = [&r](const std::string& path) { return r.decide({path, "OPTIONS"}).preflight; };
    CHECK(passes("/api/x"));
    CHECK(passes("/api/X/"));
    CHECK_FALSE(passes("/api/private/x"));
    CHECK_FALSE(passes("/api/PRIVATE/x"));
    CHECK_FALSE(passes("/api/gone"));
    CHECK_FALSE(passes("/api/Gone"));
    CHECK_FALSE(passes("/other"));
    CHECK_FALSE(passes("/api/x//y"));  // ambiguous, and auth.preflight is off
    routes all({{{"/api/**"}, required}}, {required, false, true});
    CHECK(all.decide({"/other", "OPTIONS"}).preflight);
    CHECK(all.decide({"/other//x", "OPTIONS"}).preflight);
    CHECK_FALSE(all.decide({"/api/x", "OPTIONS"}).preflight);
    CHECK_FALSE(all.decide({"/API/x", "OPTIONS"}).preflight);
}

TEST_CASE("the query is no part of what routes match: a path with one is ambiguous") {
    routes r({{{"/open/**"}, none}});
    CHECK(r.needs("/open/x?a=/../admin") == required);
}
