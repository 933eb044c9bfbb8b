#include <gate/auth/policy.hpp>
#include <gate/config/rules.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using gate::auth::requirement;
using gate::auth::route_policy;
using gate::config::auth_mode;

namespace {

route_policy policy_of(std::vector<std::string> public_paths, auth_mode mode = auth_mode::required) {
    gate::config::auth_options options;
    options.mode = mode;
    options.public_paths = std::move(public_paths);
    return route_policy(options);
}

}  // namespace

TEST_CASE("rule 8: everything is protected unless the configuration says otherwise") {
    for (const std::string path : {"/", "/health", "*", ""}) {
        INFO(path);
        CHECK(policy_of({}).requirement_for(path) == requirement::required);
        CHECK(policy_of({"/other", "/z"}).requirement_for(path) == requirement::required);
        CHECK(policy_of({"/other"}, auth_mode::optional).requirement_for(path) == requirement::optional);
    }
}

TEST_CASE("rule 8: a public path is that very path and no other") {
    const auto policy = policy_of({"/open/", "/health"});
    CHECK(policy.requirement_for("/health") == requirement::none);
    CHECK(policy.requirement_for("/open/") == requirement::none);
    for (const std::string path : {"/health/", "/healthy", "/HEALTH", "/%68ealth", "/open", "/open/more",
                                   "/open/../secret", "//health", "/x/health", "health"}) {
        INFO(path);
        CHECK(policy.requirement_for(path) == requirement::required);
    }
}

TEST_CASE("a public path that the configuration accepts can match") {
    const auto matches = [](const std::string& path) {
        return policy_of({path}).requirement_for(path) == requirement::none;
    };
    for (int code = 0; code < 256; ++code) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto high = digits[static_cast<std::size_t>(code / 16)];
        const auto low = digits[static_cast<std::size_t>(code % 16)];
        for (const std::string& piece :
             {std::string(1, static_cast<char>(code)), std::string{'%', high, low}}) {
            for (const std::string& path : {"/" + piece, "/a" + piece + "b", "/" + piece + piece + "/"}) {
                INFO(path);
                CHECK((!gate::config::check_path(path).empty() || matches(path)));
            }
        }
    }
    CHECK(gate::config::check_path("/a%20b").empty());
}

TEST_CASE("rule 7: a request that a field moves elsewhere gets no public path") {
    const auto policy = policy_of({"/health"});
    CHECK(policy.requirement_for("/health", true) == requirement::required);
    CHECK(policy_of({"/health"}, auth_mode::optional).requirement_for("/health", true) ==
          requirement::optional);
}

TEST_CASE("rule 8: a path that could be read differently is protected even where it is listed") {
    for (const std::string path : {"/a//b", "/a/../b", "/a/./b", "/a;b", "/a\\b", "/a%2Fb", "/a%5cb",
                                   "/a%2eb", "/a%00", "/a%3B", "/a%23", "/a%zz"}) {
        INFO(path);
        CHECK(policy_of({path}).requirement_for(path) == requirement::required);
    }
}
