#include "config_support.hpp"

#include <gate/config/print.hpp>
#include <gate/config/secret.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using Catch::Matchers::Contains;

namespace {

constexpr auto variable = "GATE_SIDECAR_ADMIN_TOKEN";
const std::string token = "hunter2-hunter2-hunter2";

std::string naming(const std::string& path) {
    return "admin:\n  token_file: \"" + path + "\"\n";
}

}  // namespace

TEST_CASE("without an admin token the configuration is valid, and has none") {
    const auto got = load_strictly("");
    CHECK(shown(got) == "");
    CHECK(got.value.admin_token.empty());
    CHECK_THAT(render(got), Contains("\n  # admin token: not set\n"));
}

TEST_CASE("the admin token comes from its variable, which is not an unknown one") {
    auto input = with({{variable, token}});
    input.environment_names = {variable};
    const auto got = load_text("c.yaml", "", input);
    CHECK(shown(got) == "");
    CHECK(got.value.admin_token.reveal() == token);
    CHECK_THAT(render(got), Contains("\n  # admin token: set (from GATE_SIDECAR_ADMIN_TOKEN)\n"));
    CHECK_THAT(render(got), !Contains("hunter2"));
}

TEST_CASE("the admin token comes from a file, without the white space around it") {
    const temporary_directory directory;
    const auto path = directory.write("token", " \t" + token + " \r\n\n");
    const auto got = load_strictly(naming(path));
    CHECK(shown(got) == "");
    CHECK(got.value.admin_token.reveal() == token);
    CHECK_THAT(render(got), Contains("\n  # admin token: set (from " + path + ")\n"));
    CHECK_THAT(render(got), !Contains("hunter2"));
}

TEST_CASE("an admin token both in a file and in the variable is a problem") {
    const temporary_directory directory;
    const auto path = directory.write("token", token);
    CHECK(shown(load_strictly(naming(path), {{variable, token}})) ==
          "GATE_SIDECAR_ADMIN_TOKEN: admin.token_file is set too: set only one of them");
    CHECK(load_strictly(naming(path), {{variable, ""}}).ok());
}

TEST_CASE("a file of the admin token that is missing is fatal, unless secrets are not required") {
    CHECK(shown(load_strictly(naming("/no/such/file"))) ==
          "c.yaml:2:15: admin.token_file: '/no/such/file' cannot be read: No such file or directory");
    CHECK(load_yaml(naming("/no/such/file")).ok());
}

TEST_CASE("a bad admin token is refused without a word of its content") {
    const auto [content, expected] = GENERATE(table<std::string, std::string>({
        {"", "holds no admin token: it is empty"},
        {" \n", "holds no admin token: it is empty"},
        {"hunter2-hunter2", "holds an admin token of fewer than 16 characters"},
        {"hunter2 hunter2-hunter2", "holds no admin token: it has characters other than visible ASCII"},
        {"hunter2\nhunter2-hunter2", "holds no admin token: it has characters other than visible ASCII"},
        {"hunter2-hunter2-\xc3\xa9", "holds no admin token: it has characters other than visible ASCII"},
        {std::string(513, 'x'), "holds an admin token of more than 512 characters"},
        {std::string(4096, 'x'), "is larger than 4095B"},
    }));
    const temporary_directory directory;
    const auto path = directory.write("token", content);
    CHECK(shown(load_strictly(naming(path))) == "c.yaml:2:15: admin.token_file: '" + path + "' " + expected);
    const bool is_too_large = content.size() > 4095;
    if (is_too_large || content.empty()) return;
    CHECK(shown(load_strictly("", {{variable, content}})) == std::string(variable) + ": " + expected);
}

TEST_CASE("admin tokens of 16 and of 512 characters are accepted") {
    for (const std::size_t size : {min_admin_token, max_admin_token}) {
        INFO(size);
        CHECK(check_admin_token(gate::core::secret_string(std::string(size, '~'))));
    }
}

TEST_CASE("an admin token in the configuration file is refused with where to put it") {
    const auto got = load_yaml("admin:\n  token: hunter2-hunter2-hunter2\n");
    CHECK(shown(got) ==
          "c.yaml:2:3: unknown key 'token' in admin; secrets do not belong here: set "
          "GATE_SIDECAR_ADMIN_TOKEN, or name a file in admin.token_file");
}
