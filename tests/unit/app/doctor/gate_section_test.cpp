#include <gate/app/doctor/gate_section.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate;
using namespace gate::app::doctor;
using namespace std::chrono_literals;
using core::reason;

namespace {

struct example {
    config::config options;
    gate_facts found;

    example() {
        options.secret_key = core::secret_string("sk_live_a");
        found.name.addresses = {"192.0.2.1"};
        found.certificate.days_left = 80;
        found.calls.push_back(
            {.form = {"/v1/gate/agent-tokens/verify", "agent_token"}, .took = 50ms, .clock_ahead = 0s});
        auto& answer = found.calls.front().answer;
        answer = said(core::verdict::deny, reason::token_invalid, 200);
        answer.limit = 600;
        answer.remaining = 300;
    }

    static auth::verification said(core::verdict verdict, reason why, int status) {
        auth::verification out;
        out.verdict = verdict;
        out.reason = why;
        out.status = status;
        return out;
    }
    auth::verification& answer() { return found.calls.front().answer; }
    void be_unavailable(reason why, int status) { answer() = said(core::verdict::unavailable, why, status); }

    finding judged(std::string_view id) const {
        auto all = judge_key(options, "FOIL_SECRET_KEY", found);
        append(all, judge_gate(options, found));
        const auto one = std::ranges::find(all, id, &finding::id);
        REQUIRE(one != all.end());
        return *one;
    }
    state is(std::string_view id) const { return judged(id).is; }
    std::size_t said_of_gate() const { return judge_gate(options, found).size(); }
};

}  // namespace

TEST_CASE("nothing is found at a Gate that is well") {
    const example well;
    for (const auto* id : {"key.form", "key.accepted", "gate.dns", "gate.connect", "gate.tls", "gate.answers",
                           "gate.form", "gate.latency", "gate.clock", "gate.budget"}) {
        INFO(id);
        CHECK(well.is(id) == state::pass);
    }
}

TEST_CASE("what comes after a step that fails is not judged") {
    example e;
    e.found.calls.clear();
    e.found.name.problem = "Name or service not known";
    CHECK(e.is("gate.dns") == state::fail);
    CHECK(e.said_of_gate() == 1);
    e.found.name.problem.clear();
    e.found.connect_problem = "Connection refused";
    CHECK(e.is("gate.connect") == state::fail);
    CHECK(e.said_of_gate() == 2);
    e.found.connect_problem.clear();
    e.found.certificate.problem = "certificate has expired";
    CHECK(e.is("gate.tls") == state::fail);
    CHECK(e.said_of_gate() == 3);
    CHECK(e.is("key.accepted") == state::skipped);
}

TEST_CASE("a certificate is warned of two weeks before it expires") {
    example e;
    for (const auto& [days, expected] : {std::pair(14, state::pass), std::pair(13, state::warn)}) {
        e.found.certificate.days_left = days;
        CHECK(e.is("gate.tls") == expected);
    }
    CHECK(text_of_days(0) == "today");
    CHECK(text_of_days(1) == "in 1 day");
    CHECK(text_of_days(-3) == "3 days ago");
}

TEST_CASE("a key that Gate refuses needs its scope") {
    example e;
    e.be_unavailable(reason::gate_key_refused, 403);
    CHECK(e.is("key.accepted") == state::fail);
    CHECK(e.judged("key.accepted").fix.find("gate:agent_tokens:verify") != std::string::npos);
    CHECK(e.is("gate.answers") == state::pass);
    CHECK(e.is("gate.form") == state::pass);
}

TEST_CASE("the form that Gate knows is named where it is another one") {
    example e;
    e.be_unavailable(reason::gate_form_refused, 404);
    CHECK(e.is("gate.form") == state::fail);
    CHECK(e.judged("gate.form").fix.find("gate.base_url") != std::string::npos);
    e.found.calls.push_back({.form = {"/gate/agent-tokens/verify", "token"}, .took = 5ms, .clock_ahead = 0s});
    e.found.calls.back().answer = example::said(core::verdict::deny, reason::token_invalid, 200);
    CHECK(e.judged("gate.form").fix.find("/gate/agent-tokens/verify") != std::string::npos);
    CHECK(e.is("key.accepted") == state::pass);
}

TEST_CASE("a form is known to a Gate that refuses the key, or wants us to wait") {
    for (const auto& [why, status] :
         {std::pair(reason::gate_key_refused, 401), std::pair(reason::gate_key_refused, 403),
          std::pair(reason::gate_rate_limited, 429)}) {
        example e;
        e.be_unavailable(reason::gate_form_refused, 404);
        e.found.calls.push_back(
            {.form = {"/gate/agent-tokens/verify", "token"}, .took = 5ms, .clock_ahead = 0s});
        e.found.calls.back().answer = example::said(core::verdict::unavailable, why, status);
        CHECK(e.judged("gate.form").fix.find("set gate.verify_path to /gate/agent-tokens/verify") == 0);
    }
}

TEST_CASE("a Gate that does not answer, or fails, is a failure of its own") {
    for (const auto& [why, status] :
         {std::pair(reason::gate_timeout, 0), std::pair(reason::gate_failing, 500),
          std::pair(reason::gate_bad_answer, 200), std::pair(reason::gate_unreachable, 0)}) {
        example e;
        e.be_unavailable(why, status);
        CHECK(e.is("gate.answers") == state::fail);
        CHECK(e.is("gate.form") == state::skipped);
        CHECK(e.is("key.accepted") == state::skipped);
    }
}

TEST_CASE("a Gate that accepts a token that does not exist is a failure") {
    example e;
    e.answer() = example::said(core::verdict::allow, reason::token_verified, 200);
    CHECK(e.is("gate.answers") == state::fail);
}

TEST_CASE("clocks are compared by Gate's Date") {
    example e;
    for (const auto& [ahead, expected] :
         {std::pair(10s, state::pass), std::pair(-10s, state::pass), std::pair(11s, state::warn),
          std::pair(60s, state::warn), std::pair(61s, state::fail), std::pair(-3600s, state::fail)}) {
        e.found.calls.front().clock_ahead = ahead;
        INFO(ahead.count());
        CHECK(e.is("gate.clock") == expected);
    }
    e.found.calls.front().clock_ahead.reset();
    CHECK(e.is("gate.clock") == state::skipped);
}

TEST_CASE("less than a tenth of the budget is warned of, and none is a failure") {
    example e;
    for (const auto& [left, expected] :
         {std::pair(60U, state::pass), std::pair(59U, state::warn), std::pair(0U, state::fail)}) {
        e.answer().remaining = left;
        CHECK(e.is("gate.budget") == expected);
    }
    e.answer().limit.reset();
    CHECK(e.is("gate.budget") == state::skipped);
    e.be_unavailable(reason::gate_rate_limited, 429);
    CHECK(e.is("gate.budget") == state::fail);
}

TEST_CASE("a call that would count as slow is warned of") {
    example e;
    e.options.gate.circuit.slow_after = 100ms;
    for (const auto& [took, expected] : {std::pair(99ms, state::pass), std::pair(100ms, state::warn)}) {
        e.found.calls.front().took = took;
        CHECK(e.is("gate.latency") == expected);
    }
}
