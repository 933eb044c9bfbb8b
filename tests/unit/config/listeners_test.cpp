// `listeners`, and what else we listen on.
#include "config_support.hpp"

#include <gate/config/changes.hpp>
#include <gate/config/print.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

namespace {

const std::string two = R"(listeners:
  - {name: public, address: "127.0.0.1:1"}
  - {name: local, address: "unix:/run/http.sock", socket_mode: "0600"}
)";

loaded reload(std::string_view text, const config& in_force) {
    auto input = with();
    input.in_force = &in_force;
    return load_text("c.yaml", text, input);
}

}  // namespace

TEST_CASE("a list of listeners has names, and the keys of the section listener") {
    const auto got = load_yaml(two);
    CHECK(shown(got) == "");
    REQUIRE(got.value.listeners.size() == 2);
    CHECK(got.value.listeners[0].name == "public");
    CHECK(got.value.listeners[0].options.address == listen_address{"127.0.0.1", 1});
    CHECK(got.value.listeners[1].options.address.socket == "/run/http.sock");
    CHECK(got.value.listeners[1].options.socket_mode == 0600);
    CHECK(got.value.all_listeners() == got.value.listeners);
}

TEST_CASE("without a list there is one listener, named proxy") {
    const auto got = load_yaml(GENERATE("{}", "listeners: []", "listener: {address: 0.0.0.0:8080}"));
    CHECK(shown(got) == "");
    REQUIRE(got.value.all_listeners().size() == 1);
    CHECK(got.value.all_listeners()[0].name == "proxy");
    CHECK(got.value.all_listeners()[0].options == got.value.listener);
}

TEST_CASE("what is wrong with a listener is told where it stands") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"listeners: {}",
         "c.yaml:1:12: listeners: needs a list, such as [{name: public, address: \"0.0.0.0:8080\"}]"},
        {"listeners: [{name: a}]", "c.yaml:1:13: listeners[0]: needs an address"},
        {"listeners: [{address: 0.0.0.0:1}]", "c.yaml:1:13: listeners[0]: needs a name"},
        {"listeners: [{name: a_b, address: 0.0.0.0:1}]",
         "c.yaml:1:20: listeners[0].name: needs 1 to 32 lower-case letters, digits or '-'"},
        {"listeners: [{name: proxy, address: 0.0.0.0:1}]",
         "c.yaml:1:20: listeners[0].name: 'proxy' is the name of a listener of its own"},
        {"listeners: [{name: a, address: 0.0.0.0:1}, {name: a, address: 0.0.0.0:2}]",
         "c.yaml:1:51: listeners[1].name: 'a' is the name of another listener"},
        {"listeners: [{name: a, address: nowhere}]",
         "c.yaml:1:32: listeners[0].address: needs an address and a port, such as 0.0.0.0:8080"},
        {"listeners: [{name: a, address: 0.0.0.0:1, adress: x}]",
         "c.yaml:1:43: unknown key 'adress' in listeners[0]; did you mean address?"},
        {"listeners: [{name: a, address: 0.0.0.0:9901}]",
         "c.yaml:1:32: listeners[0].address: is the same address and port as admin.address"},
        {"listeners: [{name: a, address: 0.0.0.0:1}, {name: b, address: 127.0.0.1:1}]",
         "c.yaml:1:63: listeners[1].address: is the same address and port as listeners[0].address"},
        {"listeners: [{name: a, address: 'unix:/a'}, {name: b, address: 'unix:/./a'}]",
         "c.yaml:1:63: listeners[1].address: is the same address as listeners[0].address"},
        {"listeners: [{name: a, address: 'systemd:x'}, {name: b, address: 'systemd:x'}]",
         "c.yaml:1:65: listeners[1].address: is the same address as listeners[0].address"},
        {"listeners: [{name: a, address: '127.0.0.1:3000'}]",
         "c.yaml:1:32: listeners[0].address: is the address of upstream.url"},
        {"listeners: [{name: a, address: 0.0.0.0:1, socket_mode: '0666'}]",
         "c.yaml:1:56: listeners[0].socket_mode: is for addresses that begin with unix:"},
        {"listener: {socket_mode: '0666'}",
         "c.yaml:1:25: listener.socket_mode: is for addresses that begin with unix:"},
        {"status: {address: 'unix:@status'}",
         "c.yaml:1:19: status.address: must not be an abstract name: it would have no permissions"},
        {"upstream: {url: 'unix:/run/a.sock'}\nadmin: {address: 'unix:/run/a.sock'}",
         "c.yaml:1:17: upstream.url: is this program's own admin.address"},
        {"listener: {proxy_protocol: required}",
         "c.yaml:1:28: listener.proxy_protocol: needs proxy_protocol_from, too: the balancers that may send "
         "a "
         "header"},
        {"listener: {proxy_protocol: required, proxy_protocol_from: [10.0.0.1/8]}",
         "c.yaml:1:60: listener.proxy_protocol_from: '10.0.0.1/8' has bits beyond its prefix; did you mean "
         "10.0.0.0/8?"},
        {"listeners: [{name: a, address: 0.0.0.0:1, proxy_protocol: required}]",
         "c.yaml:1:59: listeners[0].proxy_protocol: needs proxy_protocol_from, too: the balancers that may "
         "send a "
         "header"},
        {"listeners: [{name: a, address: 0.0.0.0:1}]\nlistener: {address: 0.0.0.0:2}",
         "c.yaml:2:1: listener: must not stand beside listeners; move it into the list"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == expected);
}

TEST_CASE("variables of the one listener must not stand beside a list") {
    const auto got = load_text("c.yaml", two, with({{"GATE_SIDECAR_LISTENER_ADDRESS", "0.0.0.0:1"}}));
    CHECK(shown(got) ==
          "GATE_SIDECAR_LISTENER_ADDRESS: must not stand beside listeners, which have their own address");
}

TEST_CASE("a list that is printed loads again") {
    const auto got = load_yaml(two + "status: {address: 'unix:/run/status.sock', socket_mode: '0666'}");
    REQUIRE(shown(got) == "");
    const auto again = load_yaml(render(got));
    CHECK(shown(again) == "");
    CHECK(again.value == got.value);
}

TEST_CASE("answers on a Unix socket are for whoever can connect, unless the file says otherwise") {
    CHECK(load_yaml("answer: {address: 'unix:/run/a.sock'}").value.answer.trusted_peers.back() ==
          network{"unix", 0});
    CHECK(load_yaml("answer: {address: '127.0.0.1:1'}").value.answer.trusted_peers ==
          answer_options().trusted_peers);
    const auto said = load_yaml("answer: {address: 'unix:/run/a.sock', trusted_peers: ['::1']}");
    CHECK(said.value.answer.trusted_peers == std::vector<network>{{"::1", 128}});
}

TEST_CASE("listeners in force stay where they are, and take what can change") {
    const auto before = load_yaml(two).value;
    const auto got = reload(R"(listeners:
  - {name: other, address: "unix:/run/http.sock", socket_mode: "0666"}
  - {name: new, address: "127.0.0.1:2"}
  - {name: public, address: "127.0.0.1:1", proxy_protocol: required, proxy_protocol_from: [10.0.0.0/8]}
)",
                            before);
    CHECK(shown(got) == "");
    REQUIRE(got.value.listeners.size() == 2);
    CHECK(got.value.listeners[0].name == "public");
    CHECK(got.value.listeners[0].options.proxy_protocol == proxy_protocol_use::required);
    CHECK(got.value.listeners[1] == before.listeners[1]);
    CHECK(got.need_restart == std::vector<std::string_view>{"listeners (one was added, removed or moved)",
                                                            "listeners (one was renamed)",
                                                            "listeners (socket_mode)"});
    CHECK(entry_changes(before, got.value) ==
          std::vector<std::string>{"listeners.public.proxy_protocol: off -> required",
                                   "listeners.public.proxy_protocol_from: [] -> [10.0.0.0/8]"});
    CHECK(loosenings(before, got.value) ==
          std::vector<std::string>{
              "listeners.public.proxy_protocol_from: 10.0.0.0/8 may tell the address of a client now"});
    CHECK(loosenings(got.value, before) ==
          std::vector<std::string>{
              "listeners.public.proxy_protocol: required -> off: every peer may connect now"});
}

TEST_CASE("the one listener does not become a list while the program runs") {
    const config in_force;
    const auto got = reload(two, in_force);
    CHECK(shown(got) == "");
    CHECK(got.value.listeners.empty());
    CHECK(got.value.listener == in_force.listener);
    CHECK(got.need_restart == std::vector<std::string_view>{"listeners (one was added, removed or moved)"});
}
