// How peers were broken by paths: one test for each advisory, named after it. Those about fields and error
// pages have their tests where fields and answers are.
#include "routes_of.hpp"

#include <gate/http/target.hpp>

using namespace test;

TEST_CASE("oauth2-proxy GHSA-7rh7-c77v-6434: a skip rule is not matched by the query") {
    routes r({{{"/public/**", "/health"}, none}});
    for (const std::string target : {"/admin?/public/x", "/admin?x=/health", "/admin/?/../public/x"}) {
        INFO(target);
        gate::http::request_head head;
        head.target = target;
        const auto path = gate::http::read_target(head).value().path;
        CHECK(r.needs(std::string(path)) == required);
    }
    CHECK(r.needs("/health?x") == required);  // even where a caller forgot to cut it
}

TEST_CASE("oauth2-proxy CVE-2026-40575: a field that names the original path opens nothing") {
    routes r({{{"/public/**"}, none}, {{"/admin/**"}, deny}});
    CHECK(r.needs({"/private", "GET", "h", {}, {"/public/x"}}) == required);
    CHECK(r.needs({"/public/x", "GET", "h", {}, {"/private"}}) == required);
    CHECK(r.needs({"/public/x", "GET", "h", {}, {"/admin/x"}}) == deny);
}

TEST_CASE("Oathkeeper GHSA-p224-6x5r-fjpm: /public/../admin is not public") {
    routes r({{{"/public/**"}, none}, {{"/admin/**"}, required}}, {optional});
    for (const std::string path :
         {"/public/../admin", "/public/../admin/secrets", "/public/%2e%2e/admin", "/public/x/../../admin"}) {
        INFO(path);
        CHECK(r.needs(path) == required);
    }
    CHECK(r.needs("/public/../other") == optional);
}

TEST_CASE("Envoy CVE-2019-9901: a path that is not normalised meets the rule on the normal one") {
    routes r({{{"/admin/**"}, deny}, {{"/**"}, none}});
    for (const std::string path : {"/something/../admin", "/./admin", "//admin", "/something//..//admin"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
}

TEST_CASE("Envoy CVE-2021-29492: escaped slashes do not hide a segment") {
    routes r({{{"/admin/**"}, deny}, {{"/**"}, none}});
    for (const std::string path :
         {"/something%2F..%2Fadmin", "/something%2f..%2fadmin", "/something%5c..%5cadmin",
          "/something/..%2Fadmin", "/admin%2Fx", "/%2Fadmin", "/something%252F..%252Fadmin"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
}

TEST_CASE("Traefik CVE-2025-66490: encoded reserved characters do not pass a matcher") {
    routes r({{{"/admin/**"}, deny}, {{"/**"}, none}});
    for (const std::string escape : {"%2f", "%5c", "%00", "%3b", "%3f", "%23", "%25"}) {
        for (const std::string& path : {"/admin" + escape + "x", "/x/" + escape + "/../../admin"}) {
            INFO(path);
            CHECK(r.needs(path) >= (escape == "%25" ? required : deny));
        }
    }
}

TEST_CASE("Traefik CVE-2026-40912: dot segments at the beginning do not pass a matcher") {
    routes r({{{"/admin/**"}, required}, {{"/**"}, none}}, {optional});
    for (const std::string path : {"/./admin", "/././admin/x", "/%2e/admin", "/.//admin", "/x/.././admin"}) {
        INFO(path);
        CHECK(r.needs(path) == required);
    }
}

TEST_CASE("Caddy CVE-2026-27587: an escape in the path does not change how case is compared") {
    routes r({{{"/admin/**"}, deny}, {{"/**"}, none}});
    for (const std::string path :
         {"/ADMIN", "/%41dmin", "/%41DMIN", "/%61DMIN", "/Admin%2F", "/ADMIN/%61", "/ADM%49N/x%20y"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
    routes escaped({{{"/caf%C3%A9/**"}, deny}, {{"/**"}, none}});
    for (const std::string path : {"/CAF%C3%A9", "/caf%c3%a9/x", "/Caf%C3%89/x"}) {
        INFO(path);
        CHECK(escaped.needs(path) == deny);
    }
}

TEST_CASE("APISIX CVE-2021-43557: the policy holds for the path that the upstream routes by") {
    routes r({{{"/internal/**"}, deny}, {{"/public-service/**"}, none}});
    for (const std::string path : {"/public-service/../internal/x", "/public-service/..%2Finternal/x",
                                   "/public-service/%2e%2e/internal"}) {
        INFO(path);
        CHECK(r.needs(path) == deny);
    }
}
