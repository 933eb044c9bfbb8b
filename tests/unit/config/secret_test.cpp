#include "config_support.hpp"

#include <gate/config/print.hpp>
#include <gate/config/secret.hpp>

#include <catch.hpp>

#include <sys/stat.h>

using namespace gate::config;
using namespace config_test;

namespace {

loaded load_secret(std::string_view yaml, variables environment) {
    auto input = with(std::move(environment));
    input.require_secret_key = true;
    return load_text("c.yaml", yaml, input);
}

std::string naming(const std::string& path) {
    return "gate:\n  secret_key_file: \"" + path + "\"\n";
}

}  // namespace

TEST_CASE("the secret key comes from the environment") {
    const auto got = load_secret("", {{"FOIL_SECRET_KEY", "sk_live_abc"}});
    CHECK(shown(got) == "");
    CHECK(got.value.secret_key.reveal() == "sk_live_abc");
    CHECK(to_string(got.secret_key_origin) == "FOIL_SECRET_KEY");
}

TEST_CASE("the secret key comes from a file, and goes before the environment") {
    const temporary_directory directory;
    const auto path = directory.write("key", "sk_test_abc\n");
    const auto got = load_secret(naming(path), {{"FOIL_SECRET_KEY", "sk_live_other"}});
    CHECK(shown(got) == "");
    CHECK(got.value.secret_key.reveal() == "sk_test_abc");
    CHECK(to_string(got.secret_key_origin) == path);
}

TEST_CASE("FOIL_SECRET_KEY_FILE names the file where the configuration does not") {
    const temporary_directory directory;
    const auto path = directory.write("key", "sk_test_abc");
    const auto other = directory.write("other", "sk_test_other");
    const auto got = load_secret("", {{"FOIL_SECRET_KEY_FILE", path}});
    CHECK(shown(got) == "");
    CHECK(got.value.secret_key.reveal() == "sk_test_abc");
    CHECK(got.value.gate.secret_key_file == path);
    CHECK(load_secret(naming(other), {{"FOIL_SECRET_KEY_FILE", path}}).value.secret_key.reveal() ==
          "sk_test_other");
    CHECK(shown(load_secret("", {{"FOIL_SECRET_KEY_FILE", path}, {"FOIL_SECRET_KEY", "sk_live_abc"}})) ==
          "FOIL_SECRET_KEY_FILE: FOIL_SECRET_KEY is set too: set only one of them");
}

TEST_CASE("without a secret key, the problem says what to set") {
    CHECK(shown(load_secret("", {{"FOIL_SECRET_KEY", ""}})) ==
          "FOIL_SECRET_KEY: there is no secret key: set this variable, or set gate.secret_key_file to a "
          "file that holds the key");
}

TEST_CASE("where no secret key is required, an absent one is no problem and a bad one is") {
    CHECK(load_yaml("").ok());
    CHECK(load_yaml(naming("/no/such/file")).ok());
    CHECK(shown(load_yaml("", {{"FOIL_SECRET_KEY", "hunter2"}})) ==
          "FOIL_SECRET_KEY: holds no secret key: a secret key begins with sk_live_ or sk_test_");
}

TEST_CASE("a bad secret key is refused without a word of its content") {
    const auto [content, expected] = GENERATE(table<std::string, std::string>({
        {"", "holds no secret key: it is empty"},
        {"\n", "holds no secret key: it is empty"},
        {"hunter2", "holds no secret key: a secret key begins with sk_live_ or sk_test_"},
        {"SK_LIVE_hunter2", "holds no secret key: a secret key begins with sk_live_ or sk_test_"},
        {"sk_live_", "holds only the beginning of a secret key"},
        {"sk_live_hunter2 ", "holds no secret key: it has characters other than visible ASCII"},
        {"sk_live_hunter2\n\n", "holds no secret key: it has characters other than visible ASCII"},
        {"sk_live_hunter2\nsk_live_b\n", "holds no secret key: it has characters other than visible ASCII"},
        {"sk_live_hunter2\xc3\xa9", "holds no secret key: it has characters other than visible ASCII"},
        {"sk_live_" + std::string(4088, 'x'), "is larger than 4095B"},
    }));
    const temporary_directory directory;
    const auto path = directory.write("key", content);
    CHECK(read_secret_key(path).error() == expected);
    CHECK(shown(load_secret(naming(path), {})) ==
          "c.yaml:2:20: gate.secret_key_file: '" + path + "' " + expected);
}

TEST_CASE("one line end after the secret key is taken off") {
    const std::string end = GENERATE("", "\n", "\r\n");
    const auto key = check_secret_key(gate::core::secret_string("sk_live_abc" + end));
    REQUIRE(key);
    CHECK(key->reveal() == "sk_live_abc");
}

TEST_CASE("the secret key's file is a regular one that can be read") {
    const temporary_directory directory;
    CHECK(read_secret_key(directory.path("absent")).error() == "cannot be read: No such file or directory");
    CHECK(read_secret_key(directory.path("")).error() == "is a directory");
    REQUIRE(::mkfifo(directory.path("pipe").c_str(), 0600) == 0);
    CHECK(read_secret_key(directory.path("pipe")).error() == "is not a regular file");
}

TEST_CASE("no problem and no print-out holds a secret") {
    const std::string yaml =
        "gate:\n  secret_key: sk_live_hunter2\n  secret_key_file: sk_live_hunter2\n"
        "  ca_file: sk_live_hunter2\n  timeout: sk_live_hunter2\n  base_url: sk_live_hunter2\n"
        "auth:\n  mode: agt_hunter2\n  header_name: 'sk_live_hunter2 '\n"
        "upstream:\n  url: http://user:hunter2@api\nsk_live_hunter2: 1\n";
    const auto got = load_secret(yaml, {{"FOIL_SECRET_KEY", "sk_live_hunter2 "}});
    CHECK(got.problems.size() == 10);
    CHECK(shown(got).find("hunter2") == std::string::npos);

    const auto good = load_secret("", {{"FOIL_SECRET_KEY", "sk_live_hunter2"}});
    REQUIRE(good.ok());
    CHECK(render(good).find("hunter2") == std::string::npos);
}
