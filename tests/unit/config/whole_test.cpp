// Rules that need more than one option, or the file system.
#include "config_support.hpp"

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

TEST_CASE("two listeners on one address are refused where the second was given") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"listener: {address: 127.0.0.1:9901}",
         "c.yaml:1:21: listener.address: is the same address and port as admin.address"},
        {"status: {address: 0.0.0.0:8080}",
         "c.yaml:1:19: status.address: is the same address and port as listener.address"},
        {"admin: {address: 127.0.0.1:8080}",
         "c.yaml:1:18: admin.address: is the same address and port as listener.address"},
        {"listener: {address: 127.0.0.1:1}\nadmin: {address: 127.0.0.1:1}",
         "c.yaml:2:18: admin.address: is the same address and port as listener.address"},
        {"listener: {address: '[::]:1'}\nstatus: {address: '[::1]:1'}",
         "c.yaml:2:19: status.address: is the same address and port as listener.address"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == expected);
}

TEST_CASE("listeners that the system can tell apart are accepted") {
    const std::string text = GENERATE("listener: {address: 0.0.0.0:0}\nstatus: {address: 0.0.0.0:0}",
                                      "listener: {address: 127.0.0.1:1}\nstatus: {address: 127.0.0.2:1}",
                                      "listener: {address: 0.0.0.0:1}\nstatus: {address: '[::]:1'}");
    INFO(text);
    CHECK(shown(load_yaml(text)) == "");
}

TEST_CASE("an upstream that is this program itself is refused") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"upstream: {url: 'http://localhost:8080'}",
         "c.yaml:1:17: upstream.url: is this program's own listener.address"},
        {"upstream: {url: 'http://127.0.0.1:9901'}",
         "c.yaml:1:17: upstream.url: is this program's own admin.address"},
        {"listener: {address: 127.0.0.1:3000}",
         "c.yaml:1:21: listener.address: is the address of upstream.url"},
        {"listener: {address: 10.0.0.1:80}\nupstream: {url: 'http://10.0.0.1'}",
         "c.yaml:2:17: upstream.url: is this program's own listener.address"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == expected);
    CHECK(load_yaml("upstream: {url: 'http://api:8080'}").ok());
    CHECK(load_yaml("listener: {address: 10.0.0.1:3000}").ok());
}

TEST_CASE("a public path that is longer than any target can be is refused") {
    const std::string limit = "limits: {target_length: 64B}\n";
    CHECK(load_yaml(limit + "auth: {public_paths: [/" + std::string(63, 'a') + "]}").ok());
    CHECK(shown(load_yaml(limit + "auth: {public_paths: [/ok, /" + std::string(64, 'a') + "]}")) ==
          "c.yaml:2:22: auth.public_paths: '/" + std::string(59, 'a') +
              "...' is longer than limits.target_length and never matches");
}

TEST_CASE("only a field that is removed otherwise may pass") {
    CHECK(load_yaml("forwarded: {pass: [X-HTTP-Method-Override, x-original-url]}").ok());
    const std::string name = GENERATE("X-Gate-Account-Id", "X_Original_URL", "Content-Length",
                                      "X-Forwarded-For", "True-Client-IP", "X-Other");
    CHECK(shown(load_yaml("forwarded: {pass: ['" + name + "']}")) ==
          "c.yaml:1:20: forwarded.pass: '" + name +
              "' is not one of the fields that may be passed on: x-http-method, x-http-method-override, "
              "x-method-override, "
              "x-original-uri, x-original-url, x-rewrite-url");
}

TEST_CASE("the CA file must be there") {
    const temporary_directory directory;
    const auto naming = [](const std::string& path) { return "gate:\n  ca_file: \"" + path + "\"\n"; };
    const auto prefix = [](const std::string& path) { return "c.yaml:2:12: gate.ca_file: '" + path + "' "; };
    const auto absent = directory.path("absent");
    CHECK(shown(load_yaml(naming(absent))) == prefix(absent) + "cannot be read: No such file or directory");
    const auto empty = directory.write("empty", "");
    CHECK(shown(load_yaml(naming(empty))) == prefix(empty) + "is empty");
    const auto folder = directory.path("");
    CHECK(shown(load_yaml(naming(folder))) == prefix(folder) + "is a directory");
    CHECK(load_yaml(naming(directory.write("ca.pem", "-----BEGIN CERTIFICATE-----\n"))).ok());
    CHECK(shown(load_yaml("", {{"GATE_SIDECAR_GATE_CA_FILE", empty}})) ==
          "GATE_SIDECAR_GATE_CA_FILE: '" + empty + "' is empty");
}
