// The sections `tls`: reading, rules, and what a reload makes of them.
#include "config_support.hpp"

#include <gate/config/changes.hpp>
#include <gate/config/options.hpp>
#include <gate/config/print.hpp>
#include <gate/config/tls_rules.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

namespace {

using texts = std::vector<std::string>;

const std::string pair = "certificates: [{cert_file: a.pem, key_file: b.pem}]";

std::string problems_of(const std::string& yaml) {
    return shown(load_yaml(yaml));
}

loaded reload(std::string_view text, const config& in_force) {
    auto input = with();
    input.in_force = &in_force;
    return load_text("c.yaml", text, input);
}

listener_tls_options tls_of(const std::string& yaml) {
    const auto got = load_yaml("listener: {tls: {" + yaml + "}}");
    INFO(shown(got));
    REQUIRE(got.ok());
    return got.value.listener.tls;
}

texts looser(const std::string& before, const std::string& after) {
    texts out;
    compare_tls("listener.tls", tls_of(before), tls_of(after), out);
    return out;
}

}  // namespace

TEST_CASE("a listener's certificates are pairs of files, in order") {
    const auto got = load_yaml(
        "listener:\n  tls:\n    certificates:\n"
        "      - {cert_file: /tls/a.crt, key_file: /tls/a.key}\n"
        "      - cert_file: 'b \"c\".crt'\n"
        "        key_file: b.key\n");
    CHECK(shown(got) == "");
    CHECK(got.value.listener.tls.certificates ==
          std::vector<certificate_files>{{"/tls/a.crt", "/tls/a.key"}, {"b \"c\".crt", "b.key"}});
    CHECK(got.value.listener.tls.is_on());
    CHECK_FALSE(got.value.answer.tls.is_on());
}

TEST_CASE("every key below tls is read, of each listener that has it") {
    const auto section = GENERATE("listener", "answer");
    const auto got = load_yaml(std::string(section) + ": {tls: {" + pair +
                               ", strict_sni: true, min_version: \"1.2\", ciphers: A:B, groups: X25519, "
                               "client_ca_file: ca.pem, client_auth: required, client_names: "
                               "[a.example.com, \"spiffe://example.org/ns/x/*\"], ticket_key_file: t}}");
    CHECK(shown(got) == "");
    const auto& tls = std::string(section) == "listener" ? got.value.listener.tls : got.value.answer.tls;
    CHECK(tls == listener_tls_options{.certificates = {{"a.pem", "b.pem"}},
                                      .strict_sni = true,
                                      .min_version = tls_version::tls12,
                                      .ciphers = "A:B",
                                      .groups = "X25519",
                                      .client_ca_file = "ca.pem",
                                      .client_auth = client_auth::required,
                                      .client_names = {"a.example.com", "spiffe://example.org/ns/x/*"},
                                      .ticket_key_file = "t"});
    const auto small =
        load_yaml("status: {tls: {" + pair + ", min_version: \"1.3\"}}\nadmin: {tls: {" + pair + "}}");
    CHECK(shown(small) == "");
    CHECK(small.value.status.tls.min_version == tls_version::tls13);
    CHECK(small.value.admin.tls.is_on());
}

TEST_CASE("what is wrong with certificates is told with its place") {
    const auto list = [](const std::string& text) {
        return problems_of("listener:\n  tls:\n    certificates: " + text);
    };
    CHECK(list("tls.crt") ==
          "c.yaml:3:19: listener.tls.certificates: needs a list, such as [{cert_file: tls.crt, key_file: "
          "tls.key}]");
    CHECK(list("[tls.crt]") ==
          "c.yaml:3:20: listener.tls.certificates[0]: needs two keys, such as {cert_file: tls.crt, key_file: "
          "tls.key}");
    CHECK(list("[{cert_file: a}]") == "c.yaml:3:20: listener.tls.certificates[0]: needs key_file, too");
    CHECK(list("[{key_file: a}]") == "c.yaml:3:20: listener.tls.certificates[0]: needs cert_file, too");
    CHECK(list("[{cert_file: a, key_fil: b, key_file: c}]") ==
          "c.yaml:3:35: unknown key 'key_fil' in listener.tls.certificates[0]; did you mean key_file?");
    CHECK(list("[{cert_file: [a], key_file: b}]") ==
          "c.yaml:3:32: listener.tls.certificates[0].cert_file: needs the path of a file");
    CHECK(list("[{cert_file: \"\", key_file: b}]") ==
          "c.yaml:3:32: listener.tls.certificates[0].cert_file: needs the path of a file");
    CHECK(list("[{cert_file: a, key_file: \"b\\n\"}]") ==
          "c.yaml:3:45: listener.tls.certificates[0].key_file: must be UTF-8 without control characters");
    CHECK(list("[{cert_file: a, key_file: b}, {cert_file: a, key_file: b}]")
              .starts_with("c.yaml:3:49: listener.tls.certificates: "));
    CHECK(list("") == "c.yaml:3:5: listener.tls.certificates: has no value; write [] for an empty list");
    CHECK(list("[]") == "");
}

TEST_CASE("a key below tls that is misspelt has a hint") {
    CHECK(problems_of("listener: {tls: {cert_file: a}}") ==
          "c.yaml:1:18: unknown key 'cert_file' in listener.tls; write certificates: [{cert_file: ..., "
          "key_file: ...}]");
    CHECK(problems_of("listener: {tls: {ca_file: a}}") ==
          "c.yaml:1:18: unknown key 'ca_file' in listener.tls; did you mean client_ca_file?");
    CHECK(problems_of("listener: {tls: {min_versoin: \"1.3\"}}") ==
          "c.yaml:1:18: unknown key 'min_versoin' in listener.tls; did you mean min_version?");
    CHECK(problems_of("status: {tls: {client_auth: none}}") ==
          "c.yaml:1:16: unknown key 'client_auth' in status.tls; did you mean listener.tls.client_auth or "
          "answer.tls.client_auth?");
}

TEST_CASE("values below tls are checked") {
    CHECK(problems_of("listener: {tls: {min_version: \"1.1\"}}") ==
          "c.yaml:1:31: listener.tls.min_version: needs one of 1.2, 1.3, not '1.1'");
    CHECK(problems_of("listener: {tls: {client_auth: yes}}") ==
          "c.yaml:1:31: listener.tls.client_auth: needs one of none, optional, required, not 'yes'");
    CHECK(problems_of("listener: {tls: {ciphers: \"A B\"}}") ==
          "c.yaml:1:27: listener.tls.ciphers: must be visible ASCII: names separated by colons");
    CHECK(problems_of("listener: {tls: {" + pair +
                      ", client_auth: required, client_ca_file: c, client_names: "
                      "[\"*\"]}}") != "");
}

TEST_CASE("the variable of a list of pairs is refused") {
    const auto got = load_yaml("", {{"GATE_SIDECAR_LISTENER_TLS_CERTIFICATES", "a"}});
    CHECK(shown(got) ==
          "GATE_SIDECAR_LISTENER_TLS_CERTIFICATES: cannot be set by a variable: write "
          "listener.tls.certificates "
          "into the file");
    CHECK(load_yaml("listener: {tls: {" + pair + "}}", {{"GATE_SIDECAR_LISTENER_TLS_MIN_VERSION", "1.3"}})
              .value.listener.tls.min_version == tls_version::tls13);
}

TEST_CASE("what would protect nothing is refused") {
    const auto rule = [](const std::string& keys) {
        auto got = problems_of("answer: {tls: {" + keys + "}}");
        const auto at = got.find("answer.tls.");
        return at == std::string::npos ? got : got.substr(at + std::string("answer.tls.").size());
    };
    const std::string alone = " has no effect without certificates";
    CHECK(rule("strict_sni: true") == "strict_sni:" + alone);
    CHECK(rule("min_version: \"1.3\"") == "min_version:" + alone);
    CHECK(rule("ciphers: A") == "ciphers:" + alone);
    CHECK(rule("groups: A") == "groups:" + alone);
    CHECK(rule("client_ca_file: a") == "client_ca_file:" + alone);
    CHECK(rule("client_auth: optional") == "client_auth:" + alone);
    CHECK(rule("client_names: [a.example.com]") == "client_names:" + alone);
    CHECK(rule("ticket_key_file: a") == "ticket_key_file:" + alone);
    CHECK(rule(pair + ", client_auth: required") ==
          "client_auth: needs client_ca_file, too: the authorities that clients come from");
    CHECK(rule(pair + ", client_ca_file: a") == "client_ca_file: has no effect while client_auth is none");
    CHECK(rule(pair + ", client_names: [a.example.com]") ==
          "client_names: has no effect while client_auth is none");
    CHECK(rule(pair + ", min_version: \"1.3\", ciphers: A") ==
          "ciphers: has no effect: it is for TLS 1.2, and min_version is 1.3");
    CHECK(rule(pair + ", client_ca_file: a, client_auth: optional, client_names: [a.example.com]") == "");
    CHECK(problems_of("status: {tls: {min_version: \"1.3\"}}") ==
          "c.yaml:1:29: status.tls.min_version: has no effect without certificates");
    CHECK(problems_of("admin: {tls: {min_version: \"1.3\"}}") ==
          "c.yaml:1:28: admin.tls.min_version: has no effect without certificates");
}

TEST_CASE("what is printed of certificates can be read again") {
    const auto got = load_yaml("listener: {tls: {certificates: [{cert_file: 'a \"b', key_file: c}]}}");
    REQUIRE(got.ok());
    const auto text = render(got);
    CHECK(text.find("    certificates: [{cert_file: \"a \\\"b\", key_file: \"c\"}]  # c.yaml:1\n") !=
          std::string::npos);
    CHECK(load_yaml(text).value == got.value);
}

TEST_CASE("whether a listener speaks TLS needs a restart, and all else below tls is live") {
    config in_force;
    in_force.listener.tls.certificates = {{"a.pem", "b.pem"}};
    const auto off = reload("{}", in_force);
    CHECK(off.need_restart == std::vector<std::string_view>{"listener.tls.certificates"});
    CHECK(off.value.listener.tls == in_force.listener.tls);

    const auto on = reload("status: {tls: {" + pair + "}}\nadmin: {tls: {" + pair + "}}\nanswer: {tls: {" +
                               pair + "}}\nlistener: {tls: {" + pair + ", min_version: \"1.3\"}}",
                           in_force);
    CHECK(shown(on) == "");
    CHECK(on.need_restart == std::vector<std::string_view>{"status.tls.certificates",
                                                           "admin.tls.certificates",
                                                           "answer.tls.certificates"});
    CHECK_FALSE(on.value.status.tls.is_on());
    CHECK_FALSE(on.value.answer.tls.is_on());
    CHECK(on.value.listener.tls.min_version == tls_version::tls13);

    const auto other = reload("listener: {tls: {certificates: [{cert_file: x, key_file: y}]}}", in_force);
    CHECK(other.need_restart.empty());
    CHECK(other.value.listener.tls.certificates == std::vector<certificate_files>{{"x", "y"}});
}

TEST_CASE("a client that need not show a certificate any more, or may show another one, is a loosening") {
    const std::string required = pair + ", client_ca_file: c, client_auth: required";
    const std::string optional = pair + ", client_ca_file: c, client_auth: optional";
    CHECK(looser(required, optional) == texts{"listener.tls.client_auth: required -> optional"});
    CHECK(looser(required + ", client_names: [a.b]", pair) ==
          texts{"listener.tls.client_auth: required -> none"});
    CHECK(looser(optional, required).empty());
    CHECK(looser(pair, required).empty());
    CHECK(looser(required + ", client_names: [a.b]", required) ==
          texts{"listener.tls.client_names: any name may come now"});
    CHECK(looser(required + ", client_names: [a.b]", required + ", client_names: [a.b, c.d]") ==
          texts{"listener.tls.client_names: c.d may come now"});
    CHECK(looser(required, required + ", client_names: [a.b]").empty());
    CHECK(looser(pair + ", min_version: \"1.3\"", pair) == texts{"listener.tls.min_version: 1.3 -> 1.2"});

    const auto before = load_yaml("answer: {tls: {" + required + "}}"),
               after = load_yaml("answer: {tls: {" + pair + "}}");
    CHECK(loosenings(before.value, after.value) == texts{"answer.tls.client_auth: required -> none"});
}
