// The stage, with the real proxy code on it: that it finds nothing there, and that it would.
#include <gate/app/doctor/spoof_section.hpp>
#include <gate/app/doctor/wire.hpp>

#include <atomic>
#include <catch.hpp>
#include <thread>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace gate;
using namespace gate::app::doctor;
using namespace std::chrono_literals;

TEST_CASE("the real proxy code passes the rehearsals") {
    config::config options;
    options.auth.header_name = "X-User";
    options.listener.address = {"192.0.2.1", 80};  // nothing of it is used on the stage
    options.gate.base_url = {true, "gate.invalid", 443, ""};
    options.forwarded.trusted_proxies = {{"127.0.0.0", 8}};
    options.routes.push_back({.paths = {"/**"}, .auth = config::access_level::deny});
    stage on(options);
    for (const auto& each : rehearse_spoofing(options, on)) {
        INFO(each.id << ": " << each.sentence);
        CHECK(each.is == state::pass);
    }
    for (const auto& each : rehearse_framing(options, on)) {
        INFO(each.sentence);
        CHECK(each.is == state::pass);
    }
}

TEST_CASE("a field that the configuration lets pass is warned of") {
    config::config options;
    options.forwarded.pass = {"X-Original-URL"};
    stage on(options);
    const auto found = rehearse_spoofing(options, on);
    CHECK(count(found, state::warn) == 1);
    CHECK(found.back().id == "spoof.rerouting");
    CHECK(found.back().is == state::warn);
}

TEST_CASE("the stage shows what the upstream has got, and with which identity") {
    const config::config options;
    stage on(options);
    const auto with =
        on.play("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\nConnection: close\r\n\r\n");
    CHECK(with.status == 200);
    REQUIRE(with.seen.size() == 1);
    CHECK(with.seen[0].find("X-Gate-Account-Id: " + std::string(stage::account)) != std::string::npos);
    const auto without = on.play("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(without.status == 401);
    CHECK(without.seen.empty());
}

TEST_CASE("a limit on fields that is small is none on the stage") {
    config::config options;
    options.limits.fields = 1;
    stage on(options);
    for (const auto& each : rehearse_spoofing(options, on)) CHECK(each.is == state::pass);
}

TEST_CASE("refusals prove nothing where everything is refused") {
    config::config options;
    options.limits.head_size = 16;
    stage on(options);
    CHECK(rehearse_spoofing(options, on).front().is == state::fail);
    CHECK(rehearse_framing(options, on).front().is == state::fail);
}

TEST_CASE("a request that pretends is refused for what it holds, or reaches the upstream as somebody else") {
    for (const int status : {400, 431}) CHECK(wrong_with({status, {}}, "X-User", true).empty());
    for (const int status : {0, 200, 401, 404, 429, 500, 502}) {
        INFO(status);
        CHECK_FALSE(wrong_with({status, {}}, "X-User", true).empty());
    }
    const auto head = "GET / HTTP/1.1\r\nX-User: " + std::string(stage::account) + "\r\n\r\n";
    CHECK(wrong_with({200, {head}}, "X-User", true).empty());
    CHECK_FALSE(wrong_with({200, {head}}, "X-User", false).empty());
    CHECK_FALSE(wrong_with({200, {head + "gacct_attacker"}}, "X-User", true).empty());
}

TEST_CASE("a connection that sends a byte now and then holds nobody who plays a server") {
    std::atomic<bool> is_over = false;
    std::thread dripping;
    {
        extra played("reply", extra::place::loopback, 100ms);
        dripping = std::thread([&, port = played.port()] {
            const auto end = core::clock::now() + 10s;
            auto over = wire::to_port("127.0.0.1", port, end);
            while (core::clock::now() < end && over.send("x", end)) std::this_thread::sleep_for(5ms);
            is_over = core::clock::now() >= end;
        });
        std::vector<std::string> seen;
        while (!is_over && (seen = played.take()).empty()) std::this_thread::sleep_for(5ms);
    }
    CHECK_FALSE(is_over);
    dripping.join();
}

TEST_CASE("what another process sends to the upstream of the stage is not heard") {
    extra played("reply", extra::place::this_process);
    const auto child = ::fork();
    if (child == 0) {
        const int out = ::socket(AF_UNIX, SOCK_STREAM, 0);
        char byte = 0;
        const bool is_heard =
            ::connect(out, played.address().data(), static_cast<socklen_t>(played.address().size())) != 0 ||
            ::send(out, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) < 0 || ::recv(out, &byte, 1, 0) > 0;
        ::_exit(is_heard ? 1 : 0);
    }
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(played.take().empty());
}

TEST_CASE("nothing of the organization's is used on the stage") {
    config::config options;
    options.secret_key = core::secret_string("sk_live_real");
    options.fleet.url = "redis://store.invalid";
    options.admin_token = core::secret_string("hunter2-hunter2-hunter2");
    options.answer.address = config::listen_address{"127.0.0.1", 9904};
    const auto on_stage = staged(options);
    CHECK(on_stage.secret_key.reveal() == "sk_test_doctor");
    CHECK_FALSE(on_stage.fleet.is_on());
    CHECK(on_stage.admin_token.empty());
    CHECK_FALSE(on_stage.answer.address);
    CHECK_FALSE(on_stage.auth.shadow);
}

TEST_CASE("the lines of a head are its fields, without the request line and the body") {
    const auto lines = lines_of("GET / HTTP/1.1\r\nHost: a\r\nX-A:  b\r\nX-B:\r\n\r\nX-C: d\r\n");
    using line = std::pair<std::string, std::string>;
    CHECK(lines == std::vector<line>{{"Host", "a"}, {"X-A", "b"}, {"X-B", ""}});
}
