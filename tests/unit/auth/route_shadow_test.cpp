#include "routes_of.hpp"

using namespace test;

TEST_CASE("a trial denial refuses nothing and opens nothing") {
    routes r({{{"/admin/**"}, deny, {}, {}, true}, {{"/**"}, required}});
    const auto made = r.decide({"/admin/x"});
    CHECK(made.needs == required);
    CHECK(made.tried == deny);
    CHECK_FALSE(made.in_shadow);
    routes open({{{"/admin/**"}, deny, {}, {}, true}, {{"/**"}, none}});
    CHECK(open.needs("/admin/x") == none);
    CHECK(open.decide({"/admin/x"}).tried == deny);
}

TEST_CASE("a route in shadow that is no stricter than the rest refuses nothing") {
    routes r({{{"/beta/**"}, required, {}, {}, true}});
    const auto made = r.decide({"/beta/x"});
    CHECK(made.in_shadow);
    CHECK(made.tried == required);
    CHECK_FALSE(r.decide({"/other"}).in_shadow);
    CHECK(r.needs("/other") == required);
}

TEST_CASE("a route in shadow that is stricter than the others, or than auth.mode, does not exist") {
    routes r({{{"/beta/**"}, required, {}, {}, true}, {{"/**"}, none}});
    CHECK(r.needs("/beta/x") == none);
    CHECK(r.decide({"/beta/x"}).tried == required);
    CHECK_FALSE(r.decide({"/beta/x"}).in_shadow);
    routes mode({{{"/beta/**"}, required, {}, {}, true}}, {optional});
    CHECK(mode.needs("/beta/x") == optional);
    CHECK_FALSE(mode.decide({"/beta/x"}).in_shadow);
    CHECK(mode.decide({"/beta/x"}).tried == required);
}

TEST_CASE("shadow counts only where the raw path and all its readings choose routes in shadow") {
    routes r({{{"/beta/**"}, required, {}, {}, true}, {{"/admin/**"}, deny}});
    CHECK(r.decide({"/beta/x"}).in_shadow);
    CHECK(r.decide({"/BETA/x/"}).in_shadow == false);  // its raw path has no route in shadow
    CHECK(r.decide({"/beta/X/"}).in_shadow);
    const auto made = r.decide({"/beta/../admin"});
    CHECK_FALSE(made.in_shadow);
    CHECK(made.needs == deny);
    CHECK(r.decide({"/beta/../other"}).in_shadow == false);
    CHECK(r.needs("/beta/../other") == required);
}

TEST_CASE("a route in shadow opens nothing that a pattern with the same plain form denies") {
    routes r({{{"/a"}, none, {"PURGE"}, {}, true}, {{"/%61"}, deny}});
    for (const std::string path : {"/a", "/%61", "/a.", "/b/../a"}) {
        INFO(path);
        const auto made = r.decide({path, "PURGE"});
        CHECK(made.needs == deny);
        CHECK_FALSE(made.in_shadow);
    }
}

TEST_CASE("a firm route of a less specific host still holds") {
    routes r({{{"/**"}, required, {}, {"beta.test"}, true}, {{"/v1/**"}, required}});
    CHECK(r.decide({"/x", "GET", "beta.test"}).in_shadow);
    CHECK_FALSE(r.decide({"/v1/x", "GET", "beta.test"}).in_shadow);
    CHECK(r.needs({"/v1/x", "GET", "beta.test"}) == required);
}

TEST_CASE("auth.shadow puts everything in shadow but routes that say no") {
    routes r({{{"/admin/**"}, deny, {}, {}, true},
              {{"/open"}, none, {}, {}, true},
              {{"/firm/**"}, required, {}, {}, false}},
             {required, true, false});
    for (const std::string path : {"/admin/x", "/open", "/other", "/a/../b"}) {
        INFO(path);
        CHECK(r.decide({path}).in_shadow);
    }
    CHECK(r.decide({"/admin/x"}).tried == deny);
    CHECK(r.decide({"/other"}).tried == required);
    CHECK_FALSE(r.decide({"/firm/x"}).in_shadow);
    CHECK_FALSE(r.decide({"/FIRM/x"}).in_shadow);
    CHECK(r.needs("/FIRM/x") == required);
}

TEST_CASE("too many readings are only logged where everything is in shadow") {
    const std::string path = "/beta/a;x//%252e%252e/b\\c%00d./%20/";
    routes all({{{"/beta/**"}, none, {}, {}, true}}, {required, true, false});
    CHECK(all.decide({path}).in_shadow);
    CHECK(all.decide({path}).has_too_many_readings);
    routes some({{{"/beta/**"}, none, {}, {}, true}});
    CHECK_FALSE(some.decide({path}).in_shadow);
    CHECK(some.decide({path}).has_too_many_readings);
    CHECK(some.needs(path) == deny);
}

TEST_CASE("the route in shadow decides the upstream, as it will when it is enforced") {
    routes r({{{"/beta/**"}, deny, {}, {}, true, false, 1}, {{"/**"}, required}});
    CHECK(r.decide({"/beta/x"}).chosen->upstream == 1);
}
