#include "gate_verifier_fixture.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <sys/socket.h>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using core::reason;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(gate_verifier_fixture, "the call has the form of the contract") {
    scripted_server peer({say(good_answer())});
    gate.base_url.path = "/base";
    options.version = "1.2.3";
    connect_to(peer.port());
    const auto got = verify();
    CHECK(got.verdict == verdict::allow);
    CHECK(got.account_id == "gacct_1");
    const auto request = peer.requests().at(0);
    INFO(request);
    CHECK(request.starts_with("POST /base/v1/gate/agent-tokens/verify HTTP/1.1\r\n"));
    CHECK(contains(request, "\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
    CHECK(contains(request, "\r\nAuthorization: Bearer sk_test_secret\r\n"));
    CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
    CHECK(contains(request, "\r\nAccept: application/json\r\n"));
    CHECK(contains(request, "\r\nUser-Agent: gate-sidecar/1.2.3\r\n"));
    CHECK(contains(request, "\r\nX-Foil-Client: gate-sidecar/1.2.3\r\n"));
    CHECK(request.ends_with("\r\n\r\n{\"agent_token\":\"agt_token\"}"));
}

TEST_CASE_METHOD(gate_verifier_fixture, "path and field of the call are configuration") {
    scripted_server peer({say(good_answer())});
    gate.verify_path = "/gate/agent-tokens/verify";
    gate.token_field = "token";
    connect_to(peer.port());
    verify();
    const auto request = peer.requests().at(0);
    CHECK(request.starts_with("POST /gate/agent-tokens/verify HTTP/1.1\r\n"));
    CHECK(request.ends_with("{\"token\":\"agt_token\"}"));
}

TEST_CASE_METHOD(gate_verifier_fixture, "the fields of the answer are read") {
    scripted_server peer({say(response(429, "",
                                       "Retry-After: 7\r\nX-RateLimit-Limit: 600\r\n"
                                       "X-RateLimit-Remaining: 0\r\nCache-Control: no-store\r\n"
                                       "Cache-Control: max-age=9\r\n"))});
    connect_to(peer.port());
    const auto got = verify();
    CHECK(got.reason == reason::gate_rate_limited);
    CHECK(got.retry_after == 7s);
    CHECK(got.limit == 600U);
    CHECK(got.remaining == 0U);
    CHECK(got.no_store);
    CHECK(got.max_age == 9s);
}

TEST_CASE_METHOD(gate_verifier_fixture, "a connection is used again") {
    scripted_server peer({say(good_answer())});
    connect_to(peer.port());
    for (int i = 0; i < 3; ++i) CHECK(verify().verdict == verdict::allow);
    CHECK(peer.connections() == 1);
    CHECK(subject->idle_connections() == 1);
    subject->close();
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(gate_verifier_fixture, "a connection that Gate will close is not kept") {
    scripted_server peer({say_and_close(response(200, "{}", "Connection: close\r\n"))});
    connect_to(peer.port());
    verify();
    CHECK(subject->idle_connections() == 0);
    verify();
    CHECK(peer.connections() == 2);
}

TEST_CASE_METHOD(gate_verifier_fixture, "bytes behind an answer end its connection") {
    scripted_server peer({say_and_close(good_answer() + "HTTP/1.1 200 OK\r\n")});
    connect_to(peer.port());
    CHECK(verify().verdict == verdict::allow);
    // Either they came with the answer, or they are seen before the next use.
    CHECK(verify().verdict == verdict::allow);
    CHECK(peer.connections() == 2);
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 21: an answer behind an answer is not taken for the next one") {
    scripted_server peer(
        {say(good_answer("gacct_1") + good_answer("gacct_evil")), say(good_answer("gacct_2"))});
    connect_to(peer.port());
    CHECK(verify().account_id == "gacct_1");
    CHECK(subject->idle_connections() == 0);
    CHECK(verify().account_id == "gacct_2");
}

TEST_CASE_METHOD(gate_verifier_fixture, "an idle connection is closed after its time") {
    scripted_server peer({say(good_answer())});
    options.connections.idle_timeout = 1ms;
    connect_to(peer.port());
    verify();
    context.restart();
    context.run();  // ends when the sweep has nothing left to do
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "rule 23: a reused connection that dies under the request is replaced once") {
    scripted_server peer({say(good_answer()), reset(), say(good_answer("gacct_2"))});
    connect_to(peer.port());
    verify();
    const auto answer = verify();
    CHECK(answer.account_id == "gacct_2");
    CHECK(answer.calls == 2);  // Gate may have counted both
    CHECK(peer.connections() == 2);
    CHECK(peer.requests().size() == 3);
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "rule 23: no retry on a fresh connection, nor after the first byte of an answer") {
    SECTION("fresh") {
        scripted_server peer({reset()});
        connect_to(peer.port());
        CHECK(verify().reason == reason::gate_unreachable);
        CHECK(peer.requests().size() == 1);
    }
    SECTION("after a byte") {
        scripted_server peer({say(good_answer()), say_and_close("H")});
        connect_to(peer.port());
        verify();
        CHECK(verify().verdict == verdict::unavailable);
        CHECK(peer.requests().size() == 2);
    }
    SECTION("twice") {
        scripted_server peer({say(good_answer()), reset()});
        connect_to(peer.port());
        verify();
        CHECK(verify().reason == reason::gate_unreachable);
        CHECK(peer.requests().size() == 3);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture, "a Gate that hangs is a time-out, and costs its connection") {
    scripted_server peer({hang()});
    connect_to(peer.port());
    const auto got = verify(50ms);
    CHECK(got.verdict == verdict::unavailable);
    CHECK(got.reason == reason::gate_timeout);
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "a reused connection that hangs is a time-out, not a reason to try again") {
    scripted_server peer({say(good_answer()), hang(), say(good_answer())});
    connect_to(peer.port());
    verify();
    CHECK(verify(50ms).reason == reason::gate_timeout);
    CHECK(peer.requests().size() == 2);
    CHECK(verify().verdict == verdict::allow);
    CHECK(peer.connections() == 2);  // none was opened in between, to be told nothing
}

TEST_CASE_METHOD(gate_verifier_fixture, "an answer that drips past the deadline is a time-out") {
    const auto drip = [](server_peer& to) {
        to.send("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"da");
        to.wait_for_close();
        return false;
    };
    scripted_server peer({drip});
    connect_to(peer.port());
    CHECK(verify(50ms).reason == reason::gate_timeout);
}

TEST_CASE_METHOD(gate_verifier_fixture, "an answer in pieces is put together") {
    const auto pieces = [](server_peer& to) {
        for (const char c : good_answer()) to.send(std::string_view(&c, 1));
        return true;
    };
    scripted_server peer({pieces});
    connect_to(peer.port());
    CHECK(verify().verdict == verdict::allow);
    CHECK(subject->idle_connections() == 1);
}

TEST_CASE_METHOD(gate_verifier_fixture, "a chunked answer and one that ends with its connection are read") {
    const std::string body = R"({"data": {"valid": true, "gate_account_id": "gacct_1"}})";
    SECTION("chunked") {
        scripted_server peer(
            {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n37\r\n" + body + "\r\n0\r\n\r\n")});
        connect_to(peer.port());
        CHECK(verify().verdict == verdict::allow);
        CHECK(subject->idle_connections() == 1);
    }
    SECTION("until close") {
        scripted_server peer({say_and_close("HTTP/1.1 200 OK\r\n\r\n" + body)});
        connect_to(peer.port());
        CHECK(verify().verdict == verdict::allow);
        CHECK(subject->idle_connections() == 0);
    }
    SECTION("after an interim response") {
        scripted_server peer({say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + good_answer())});
        connect_to(peer.port());
        CHECK(verify().verdict == verdict::allow);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 5: what a trailer of an answer says is in no field of it") {
    const std::string body = R"({"error": {"code": "rate_limit.exceeded"}})";
    const auto chunked = [&](const std::string& fields, const std::string& trailers) {
        return say("HTTP/1.1 429 X\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n2a\r\n" + body +
                   "\r\n0\r\n" + trailers + "\r\n");
    };
    const std::string fields =
        "Retry-After: 7\r\nX-RateLimit-Limit: 600\r\nX-RateLimit-Remaining: 0\r\nCache-Control: "
        "max-age=9\r\n";
    SECTION("of a trailer alone") {
        scripted_server peer({chunked("", fields + "Cache-Control: no-store\r\n")});
        connect_to(peer.port());
        const auto got = verify();
        CHECK(got.reason == reason::gate_rate_limited);
        CHECK(got.retry_after == 0s);
        CHECK_FALSE(got.limit);
        CHECK_FALSE(got.remaining);
        CHECK_FALSE(got.max_age);
        CHECK_FALSE(got.no_store);
    }
    SECTION("beside those of the head") {
        scripted_server peer({chunked(
            fields, "Retry-After: 3600\r\nX-RateLimit-Remaining: 9\r\nCache-Control: max-age=1\r\n")});
        connect_to(peer.port());
        const auto got = verify();
        CHECK(got.retry_after == 7s);
        CHECK(got.remaining == 0U);
        CHECK(got.max_age == 9s);
        CHECK(subject->idle_connections() == 1);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 30: a call waits until a connection has settled") {
    scripted_server peer({say(good_answer())});
    connect_to(peer.port());
    const auto began = core::clock::now();
    verify();
    verify();
    CHECK(core::clock::now() >= began + 2 * gate::client::quiet_time);
    CHECK(peer.connections() == 1);
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "rule 21: a connection that still owes its answer is not used again") {
    std::string interim;
    for (int i = 0; i < 5; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
    scripted_server peer({say(interim), say(good_answer("gacct_2"))});
    connect_to(peer.port());
    CHECK(verify().reason == reason::gate_bad_answer);
    CHECK(subject->idle_connections() == 0);
    CHECK(verify().account_id == "gacct_2");
    CHECK(peer.connections() == 2);
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 15: a redirect is not followed") {
    scripted_server other({say(good_answer())});
    const auto where = "Location: http://127.0.0.1:" + std::to_string(other.port()) + "/\r\n";
    scripted_server peer({say(response(307, "", where))});
    connect_to(peer.port());
    CHECK(verify().reason == reason::gate_bad_answer);
    CHECK(other.connections() == 0);
}

TEST_CASE_METHOD(gate_verifier_fixture, "what is no HTTP, or too much of it, is a bad answer") {
    const std::string much(70'000, 'a');
    for (const auto& text :
         {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
          response(200, much), "HTTP/1.1 200 OK\r\nX: " + much + "\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + much + much,
          "HTTP/1.1 200 OK\r\n\r\n" + much}) {
        INFO(text.substr(0, 60));
        scripted_server peer({say_and_close(text)});
        connect_to(peer.port());
        const auto got = verify();
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == reason::gate_bad_answer);
        CHECK(subject->idle_connections() == 0);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture, "an answer that is cut off is no answer, however far it came") {
    const auto whole = good_answer();
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        INFO(size << " bytes");
        scripted_server peer({say_and_close(whole.substr(0, size))});
        connect_to(peer.port());
        CHECK(verify().verdict == verdict::unavailable);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture, "nobody listening is unreachable") {
    std::uint16_t port = 0;
    {
        scripted_server gone({hang()});
        port = gone.port();
    }
    connect_to(port);
    const auto got = verify();
    CHECK(got.reason == reason::gate_unreachable);
    CHECK_FALSE(got.detail.empty());
}

TEST_CASE_METHOD(gate_verifier_fixture, "Gate is found by name, and again after it has been away") {
    scripted_server peer({say(good_answer())});
    gate.base_url.host = "localhost";
    connect_to(peer.port());
    CHECK(verify().verdict == verdict::allow);
    CHECK(contains(peer.requests().at(0), "\r\nHost: localhost:"));
}

TEST_CASE_METHOD(gate_verifier_fixture, "a name that does not exist is unreachable") {
    gate.base_url.host = "gate.invalid";
    connect_to(1);
    CHECK(verify().verdict == verdict::unavailable);
}

TEST_CASE_METHOD(gate_verifier_fixture, "a missing or impossible secret key is refused before it is sent") {
    scripted_server peer({say(good_answer())});
    for (const auto& bad : {"", "sk_live_x\r\nX-Evil: 1", "sk live", "sk_\x01"}) {
        INFO(bad);
        key = bad;
        connect_to(peer.port());
        CHECK(verify().reason == reason::gate_key_refused);
    }
    CHECK(peer.connections() == 0);
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "a key that changes is used from the next call on, and stays if it works") {
    scripted_server peer({say(good_answer())});
    connect_to(peer.port());
    verify();
    keys->offer(core::secret_string("sk_test_new"));
    verify();
    verify();
    CHECK(contains(peer.requests().at(1), "Bearer sk_test_new\r\n"));
    CHECK(contains(peer.requests().at(2), "Bearer sk_test_new\r\n"));
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "a verification whose key is refused is made once more with the other one") {
    const auto refusal = say(response(GENERATE(401, 403), R"({"error": {"code": "auth.invalid_api_key"}})"));
    SECTION("and passes") {
        scripted_server peer({refusal, say(good_answer())});
        connect_to(peer.port());
        keys->offer(core::secret_string("sk_test_new"));
        CHECK(verify().verdict == verdict::allow);
        CHECK(contains(peer.requests().at(0), "Bearer sk_test_new\r\n"));
        CHECK(contains(peer.requests().at(1), "Bearer sk_test_secret\r\n"));
        CHECK(keys->new_key_refused());
        CHECK(verify().verdict == verdict::allow);
        CHECK(contains(peer.requests().at(2), "Bearer sk_test_secret\r\n"));
        CHECK(peer.requests().size() == 3);
        CHECK(peer.connections() == 1);
    }
    SECTION("and so is one that a new key has refused, whatever it is the key of") {
        scripted_server other({say(response(200, R"({"data": {"valid": false}})")), say(good_answer())});
        connect_to(other.port());
        keys->offer(core::secret_string("sk_test_new"));
        CHECK(verify().verdict == verdict::allow);
        CHECK(contains(other.requests().at(0), "Bearer sk_test_new\r\n"));
        CHECK(contains(other.requests().at(1), "Bearer sk_test_secret\r\n"));
        CHECK(verify().verdict == verdict::allow);
        CHECK(contains(other.requests().at(2), "Bearer sk_test_secret\r\n"));  // it has not taken over
    }
    SECTION("and no more than once") {
        scripted_server peer({refusal});
        connect_to(peer.port());
        keys->offer(core::secret_string("sk_test_new"));
        const auto answer = verify();
        CHECK(answer.reason == reason::gate_key_refused);
        CHECK(answer.calls == 2);
        CHECK(peer.requests().size() == 2);
        CHECK(keys->all_refused());
    }
    SECTION("unless there is none") {
        scripted_server peer({refusal});
        connect_to(peer.port());
        CHECK(verify().reason == reason::gate_key_refused);
        CHECK(peer.requests().size() == 1);
        CHECK(keys->all_refused());
    }
}

TEST_CASE_METHOD(
    gate_verifier_fixture,
    "rule 14: a refused key is read again, and the verification made once more, before anybody is told") {
    using gate::verify::key_event;
    const auto refusal = say(response(GENERATE(401, 403), R"({"error": {"code": "auth.invalid_api_key"}})"));
    int readings = 0;
    const auto find = [&](const char* found) {
        return [this, &readings, found](const gate::verify::key_pointer&, const std::function<void()>& then) {
            ++readings;
            keys->offer(core::secret_string(found));
            then();
        };
    };
    SECTION("and passes with the key that was found") {
        scripted_server peer({refusal, say(good_answer())});
        read_again = find("sk_test_new");
        connect_to(peer.port());
        const auto answer = verify();
        CHECK(answer.verdict == verdict::allow);
        CHECK(answer.calls == 2);
        CHECK(contains(peer.requests().at(0), "Bearer sk_test_secret\r\n"));
        CHECK(contains(peer.requests().at(1), "Bearer sk_test_new\r\n"));
        CHECK(told == std::vector{key_event::replaced});
    }
    SECTION("and is refused where there is no other key") {
        scripted_server peer({refusal});
        read_again = find("sk_test_secret");
        connect_to(peer.port());
        CHECK(verify().reason == reason::gate_key_refused);
        CHECK(peer.requests().size() == 1);
        CHECK(told == std::vector{key_event::all_refused});
        CHECK(readings == 1);
    }
    SECTION("with a third key where two are refused, and no more") {
        scripted_server peer({refusal});
        read_again = find("sk_test_third");
        connect_to(peer.port());
        keys->offer(core::secret_string("sk_test_new"));
        const auto answer = verify();
        CHECK(answer.reason == reason::gate_key_refused);
        CHECK(answer.calls == 3);
        CHECK(contains(peer.requests().at(2), "Bearer sk_test_third\r\n"));
        CHECK(peer.requests().size() == 3);
        CHECK(readings == 1);
    }
    SECTION("and does not wait for a reading that does not end") {
        scripted_server peer({refusal});
        read_again = [](const gate::verify::key_pointer&, const std::function<void()>&) {};
        connect_to(peer.port());
        CHECK(verify().reason == reason::gate_key_refused);
    }
    SECTION("and reads nothing where the other key has not been tried") {
        scripted_server peer({refusal, say(good_answer())});
        read_again = find("sk_test_third");
        connect_to(peer.port());
        keys->offer(core::secret_string("sk_test_new"));
        CHECK(verify().verdict == verdict::allow);
        CHECK(readings == 0);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "the no of an unproven key does not count where the proven one could not be asked") {
    const auto status = GENERATE(429, 500);
    scripted_server peer({say(response(200, R"({"data": {"valid": false}})")), say(response(status, "{}"))});
    connect_to(peer.port());
    keys->offer(core::secret_string("sk_test_new"));
    const auto answer = verify();
    CHECK(answer.verdict == verdict::unavailable);
    CHECK(answer.status == status);
    CHECK(peer.requests().size() == 2);
}

TEST_CASE_METHOD(
    gate_verifier_fixture,
    "a new key that refuses what the old one accepts is a failed change, not tried again at once") {
    scripted_server peer({say(response(200, R"({"data": {"valid": false}})")), say(good_answer())});
    connect_to(peer.port());
    keys->offer(core::secret_string("sk_test_new"));
    CHECK(verify().verdict == verdict::allow);
    CHECK(keys->new_key_refused());
    const auto later = core::clock::now() + gate::verify::key_trial_gap;
    CHECK(keys->first(later)->reveal() == "sk_test_secret");
    CHECK(keys->first(later + gate::verify::key_try_again)->reveal() == "sk_test_new");
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "while Gate wants no calls nothing is sent on a new connection, nor with another key") {
    bool open = true;
    options.connections.may_send = [&] { return open; };
    SECTION("a new connection") {
        scripted_server peer({say(good_answer())});
        connect_to(peer.port());
        open = false;
        const auto answer = verify();
        CHECK(answer.reason == reason::gate_rate_limited);
        CHECK(answer.held_back);
        CHECK(answer.calls == 0);
        CHECK(subject->idle_connections() == 1);
        open = true;
        CHECK(verify().verdict == verdict::allow);
        CHECK(peer.requests().size() == 1);
        CHECK(peer.connections() == 1);
    }
    SECTION("another key") {
        scripted_server peer({[&](server_peer& to) {
            open = false;
            to.send(response(401, R"({"error": {"code": "auth.invalid_api_key"}})"));
            return true;
        }});
        connect_to(peer.port());
        keys->offer(core::secret_string("sk_test_new"));
        const auto answer = verify();
        CHECK(answer.reason == reason::gate_rate_limited);
        CHECK(answer.held_back);
        CHECK(answer.calls == 1);
        CHECK(peer.requests().size() == 1);
    }
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "an answer that says nothing about the key neither drops nor refuses one") {
    const auto step =
        GENERATE(say(response(500, "{}")), say(response(429, "{}")), say(response(200, "<html>")));
    scripted_server peer(
        {step, say(response(401, R"({"error": {"code": "auth.invalid_api_key"}})")), say(good_answer())});
    connect_to(peer.port());
    keys->offer(core::secret_string("sk_test_new"));
    CHECK(verify().verdict == verdict::unavailable);
    CHECK_FALSE(keys->all_refused());
    CHECK(verify().verdict == verdict::allow);
    CHECK(peer.requests().size() == 3);
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 17: a key never leaves in the clear for another host") {
    gate.base_url.host = "192.0.2.1";
    connect_to(80);
    CHECK(verify().reason == reason::gate_unreachable);
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 17: in the clear another host is not even connected to") {
    gate.base_url.host = "192.0.2.1";
    connect_to(80);
    CHECK(verify().detail == core::error_code(core::asio::error::access_denied).message());
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 25: no detail shows the token or the key") {
    for (const auto& step :
         {reset(), say("garbage\r\n\r\n"), say(response(401, "sk_test_secret agt_token"))}) {
        scripted_server peer({step});
        connect_to(peer.port());
        const auto got = verify();
        CHECK_FALSE(contains(got.detail, "agt_"));
        CHECK_FALSE(contains(got.detail, "sk_"));
    }
}

TEST_CASE_METHOD(gate_verifier_fixture,
                 "rule 25: no detail shows them on a connection that is used again either") {
    for (const auto& step : {say("garbage\r\n\r\n"), say(response(500, "sk_test_secret agt_token")),
                             say(response(200, "agt_token"))}) {
        scripted_server peer({say(good_answer()), step});
        connect_to(peer.port());
        verify();
        const auto got = verify();
        CHECK(got.verdict == verdict::unavailable);
        CHECK(peer.connections() == 1);
        CHECK_FALSE(contains(got.detail, "agt_"));
        CHECK_FALSE(contains(got.detail, "sk_"));
    }
}
