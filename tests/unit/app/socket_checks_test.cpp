#include <gate/app/socket_checks.hpp>

#include <catch.hpp>

using namespace gate;
using app::socket_warnings;

namespace {

config::config with_socket(unsigned mode) {
    config::config out;
    out.listener.address.socket = "/run/http.sock";
    out.listener.socket_mode = mode;
    return out;
}

}  // namespace

TEST_CASE("trust in Unix sockets is warned of where everybody may connect") {
    auto options = with_socket(0666);
    CHECK(socket_warnings(options).empty());
    options.forwarded.trusted_proxies = {{"unix", 0}};
    CHECK(
        socket_warnings(options) ==
        std::vector<std::string>{
            "every user of this machine may connect to the socket of the listener proxy (socket_mode 0666), "
            "and forwarded.trusted_proxies trusts every peer on a Unix socket"});
    options.listener.proxy_protocol = config::proxy_protocol_use::required;
    options.listener.proxy_protocol_from = {{"10.0.0.0", 8}, {"unix", 0}};
    CHECK(socket_warnings(options).size() == 2);
    options.listener.socket_mode = 0660;
    CHECK(socket_warnings(options).empty());
}

TEST_CASE("a list of listeners is looked at one by one") {
    config::config options;
    options.forwarded.trusted_proxies = {{"unix", 0}};
    options.listeners = {{"closed", with_socket(0660).listener, {}},
                         {"open", with_socket(0662).listener, {}}};
    REQUIRE(socket_warnings(options).size() == 1);
    CHECK(socket_warnings(options)[0].find("the listener open (socket_mode 0662)") != std::string::npos);
}

TEST_CASE("balancers that are named in vain are warned of") {
    config::config options;
    options.listener.proxy_protocol_from = {{"10.0.0.0", 8}};
    CHECK(socket_warnings(options) ==
          std::vector<std::string>{"proxy_protocol_from of the listener proxy has no effect, because its "
                                   "proxy_protocol is off: a PROXY header is refused as a bad request, and "
                                   "clients have the address of the balancer"});
    options.listener.proxy_protocol = config::proxy_protocol_use::required;
    CHECK(socket_warnings(options).empty());
    options.listener.proxy_protocol = config::proxy_protocol_use::off;
    options.listeners = {{"one", options.listener, {}}, {"two", {}, {}}};
    REQUIRE(socket_warnings(options).size() == 1);
    CHECK(socket_warnings(options)[0].find("the listener one has no effect") != std::string::npos);
}

TEST_CASE("who may send a PROXY header is trusted by nobody where none is read") {
    auto options = with_socket(0666);
    options.listener.proxy_protocol_from = {{"unix", 0}};
    REQUIRE(socket_warnings(options).size() == 1);
    CHECK(socket_warnings(options)[0].find("has no effect") != std::string::npos);
}

TEST_CASE("the socket for answers is trusted by default, and so is warned of") {
    config::config options;
    options.answer.address = with_socket(0).listener.address;
    options.answer.socket_mode = 0666;
    CHECK(socket_warnings(options).empty());
    options.answer.trusted_peers.push_back({"unix", 0});
    CHECK(socket_warnings(options).size() == 1);
}

TEST_CASE("an admin token that would travel in the clear is warned of") {
    config::config options;
    options.admin_token = core::secret_string("0123456789abcdef");
    CHECK(socket_warnings(options).empty());
    options.admin.address = {"0.0.0.0", 9901};
    CHECK(socket_warnings(options).size() == 1);
    auto secured = options;
    secured.admin.tls.certificates.emplace_back();
    CHECK(socket_warnings(secured).empty());
    options.admin_token = {};
    CHECK(socket_warnings(options).empty());
}
