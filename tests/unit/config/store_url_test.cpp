#include <gate/config/store_url.hpp>

#include <catch.hpp>

namespace {

using namespace gate::config;

TEST_CASE("an address of a store is read in each form, and written as it is read") {
    struct row {
        std::string_view text;
        store_url expected;
        std::string_view written;
    };
    const row rows[] = {
        {"redis://valkey", {.hosts = {{"valkey", 6379}}}, "redis://valkey:6379"},
        {"redis://Valkey:7000/3", {.hosts = {{"valkey", 7000}}, .database = 3}, "redis://valkey:7000/3"},
        {"rediss://10.0.0.1/", {.tls = true, .hosts = {{"10.0.0.1", 6379}}}, "rediss://10.0.0.1:6379"},
        {"redis://[::1]:1", {.hosts = {{"::1", 1}}}, "redis://[::1]:1"},
        {"redis://[::1]", {.hosts = {{"::1", 6379}}}, "redis://[::1]:6379"},
        {"unix:/run/valkey.sock", {.socket = "/run/valkey.sock"}, "unix:/run/valkey.sock"},
        {"redis+sentinel://a,b:1/mymaster/2",
         {.kind = store_kind::sentinel,
          .hosts = {{"a", 26379}, {"b", 1}},
          .master = "mymaster",
          .database = 2},
         "redis+sentinel://a:26379,b:1/mymaster/2"},
        {"rediss+cluster://a,b",
         {.kind = store_kind::cluster, .tls = true, .hosts = {{"a", 6379}, {"b", 6379}}},
         "rediss+cluster://a:6379,b:6379"},
    };
    for (const auto& each : rows) {
        INFO(each.text);
        const auto got = parse_store_url(each.text);
        REQUIRE(got);
        CHECK(*got == each.expected);
        CHECK(format_store_url(*got) == each.written);
        CHECK(*parse_store_url(each.written) == each.expected);
    }
}

TEST_CASE("what is no address of a store is refused") {
    for (const std::string_view text : {"",
                                        "valkey:6379",
                                        "http://valkey",
                                        "redis://",
                                        "redis:///0",
                                        "redis://a,b",
                                        "redis://a/x",
                                        "redis://a/-1",
                                        "redis://a/1/2",
                                        "redis://a:0x1",
                                        "redis://a:70000",
                                        "redis://a?db=1",
                                        "redis+sentinel://a",
                                        "redis+sentinel://a/",
                                        "redis+sentinel://a,/m",
                                        "redis+cluster://a/1",
                                        "unix:run/valkey.sock",
                                        "unix:",
                                        "redis://a b",
                                        "redis+cluster://1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h"}) {
        INFO(text);
        CHECK_FALSE(parse_store_url(text));
    }
}

TEST_CASE("credentials in the address of a store are refused, and not repeated") {
    for (const std::string_view text :
         {"redis://user:hunter2@valkey", "redis://:hunter2@valkey", "redis://hunter2@valkey/1"}) {
        const auto got = parse_store_url(text);
        REQUIRE_FALSE(got);
        CHECK(got.error().find("credentials") != std::string::npos);
        CHECK(got.error().find("hunter2") == std::string::npos);
    }
}

}  // namespace
