// What happens to an exchange whose token, or whose route, is looked at again while it lasts.
#include "exchange_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using test::exchange_fixture;

namespace {

constexpr auto with_token = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\n\r\n";
constexpr auto head_of_stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// A token that Gate has accepted, and a response that has begun.
struct fixture : exchange_fixture {
    fixture() : exchange_fixture(with_token, config::auth_mode::required) {
        world.accept("agt_a");
        start();
        upstream.fresh.answer(head_of_stream);
        upstream.fresh.in.put("hello", false);
        REQUIRE(client.out.body == "hello");
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a token that is still accepted lets its exchange go on") {
    subject.look_at_token(core::clock::now(), true);
    subject.look_at_revocation(core::clock::now());
    upstream.fresh.in.put(" world", true);
    CHECK(client.out.body == "hello world");
    CHECK(client.out.is_complete);
}

TEST_CASE_METHOD(fixture, "rule 29: a token that was revoked ends its exchange, and the client sees a cut") {
    world.revoke("agt_a");
    SECTION("found in a round") {
        subject.look_at_token(core::clock::now(), true);
    }
    SECTION("where streams are not verified") {
        subject.look_at_revocation(core::clock::now());
    }
    upstream.fresh.in.put(" world", true);
    settle();
    CHECK(has_ended);
    CHECK(client.out.body == "hello");
    CHECK_FALSE(client.out.is_complete);
    CHECK(client.is_stopped);
    CHECK(client.was_reset == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "rule 29: a block ends the exchanges of its account, and leaves those of others") {
    world.tokens.blocked.block("gacct_2", core::never);
    subject.look_at_token(core::clock::now(), true);
    subject.look_at_revocation(core::clock::now());
    REQUIRE_FALSE(client.is_stopped);
    world.tokens.blocked.block("gacct_1", core::never);
    SECTION("found in a round") {
        subject.look_at_token(core::clock::now(), true);
    }
    SECTION("where streams are not verified") {
        subject.look_at_revocation(core::clock::now());
    }
    upstream.fresh.in.put(" world", true);
    settle();
    CHECK(client.out.body == "hello");
    CHECK(client.was_reset == reason::account_blocked);
}

TEST_CASE_METHOD(fixture,
                 "a token is looked at when its TTL is about to end, unless something was withdrawn") {
    world.revoke("agt_a");
    const auto now = core::clock::now();
    subject.look_at_token(now, false);
    CHECK_FALSE(client.is_stopped);
    subject.look_at_token(now + 60s, false);
    CHECK(client.is_stopped);
}

TEST_CASE_METHOD(fixture, "rule 11: a token that stands for somebody else by now ends its exchange") {
    world.accept("agt_a", "gacct_2");
    subject.look_at_token(core::clock::now(), true);
    settle();
    CHECK(client.was_reset == reason::token_invalid);
}

TEST_CASE("what ended before its token was withdrawn is not taken back") {
    exchange_fixture f(with_token, config::auth_mode::required);
    f.world.accept("agt_a");
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    REQUIRE(f.has_ended);
    f.world.revoke("agt_a");
    f.subject.look_at_token(core::clock::now(), true);
    f.subject.look_at_revocation(core::clock::now());
    CHECK(f.client.was_reset == reason::none);
    CHECK(f.upstream.fresh.is_kept);
}

TEST_CASE("a request without a token has none that could be looked at") {
    exchange_fixture f;
    f.start();
    f.subject.look_at_token(core::clock::now() + 24h, true);
    f.subject.look_at_revocation(core::clock::now());
    CHECK_FALSE(f.upstream.fresh.is_cancelled);
}

TEST_CASE("rule 24: what fails while a failure is answered ends its session alone, and is accounted for") {
    exchange_fixture f("GET / HTTP/1.1\r\nHost: a\r\n\r\n", config::auth_mode::required);
    f.client.lacks_memory = true;
    f.start();
    CHECK(f.has_ended);
    CHECK(f.subject.surprise() != nullptr);
    CHECK(f.client.was_reset == reason::internal_error);
    CHECK(f.subject.ended() != core::time_point{});
    CHECK(f.where.metrics.active_requests.value() == 0);
}

namespace {

// As above, under auth.shadow.
struct shadow_fixture : exchange_fixture {
    shadow_fixture() : exchange_fixture(with_token, shadow_options(true)) {
        world.accept("agt_a");
        start();
        upstream.fresh.answer(head_of_stream);
        upstream.fresh.in.put("hello", false);
        REQUIRE(client.out.body == "hello");
    }
    static config::config shadow_options(bool shadow) {
        auto out = test::options_of(config::auth_mode::required, config::limit_options{}.body_timeout);
        out.auth.shadow = shadow;
        return out;
    }
};

}  // namespace

TEST_CASE_METHOD(shadow_fixture, "in shadow nothing that runs is cut") {
    world.revoke("agt_a");
    subject.look_at_token(core::clock::now(), true);
    subject.look_at_revocation(core::clock::now());
    CHECK_FALSE(subject.look_at_policy());
    CHECK_FALSE(client.is_stopped);
}

TEST_CASE_METHOD(shadow_fixture,
                 "rule 29: what has begun in shadow is held to its token once shadow has ended") {
    world.configure(shadow_options(false));
    CHECK_FALSE(subject.look_at_policy());  // its token is good
    CHECK_FALSE(client.is_stopped);
    world.revoke("agt_a");
    subject.look_at_token(core::clock::now(), true);
    settle();
    CHECK(client.was_reset == reason::token_revoked);
}
