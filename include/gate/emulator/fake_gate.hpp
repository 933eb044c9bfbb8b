#pragma once
// The service itself, without sockets: one call in, one decision out. Everything that a call can meet (keys,
// scopes, limit, tokens, faults) and everything that the control API can change lives here. Not thread-safe.

#include <gate/core/secret_string.hpp>
#include <gate/emulator/answers.hpp>
#include <gate/emulator/counters.hpp>
#include <gate/emulator/fault_plan.hpp>
#include <gate/emulator/rate_window.hpp>
#include <gate/emulator/reply.hpp>
#include <gate/emulator/token_store.hpp>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace gate::emulator {

struct gate_settings {
    std::vector<core::secret_string> keys;  // any of them is good
    bool may_verify = true;                 // the scopes of all keys
    bool may_revoke = true;
    bool form_v1 = true;            // answer POST /v1/gate/agent-tokens/...
    bool form_guide = true;         // answer POST /gate/agent-tokens/...
    unsigned bad_key_status = 401;  // 401 as the OpenAPI has it, 403 as the errors page has it
    bool retry_after_as_date = false;
    std::string cache_control;  // sent with every 200; empty: none
    std::size_t limit = 600;    // calls per window; 0: no limit
    core::duration window = std::chrono::seconds(60);
    core::duration expires_in = std::chrono::hours(24 * 90);  // after the last use; 0: never
};

// What the session has to do for one request.
struct outcome {
    core::duration delay{};                    // before anything else
    core::duration slow_bytes{};               // before each byte; 0: no pauses
    fault_action action = fault_action::none;  // none, status, malformed: send `answer`
    reply answer;
    std::string raw;         // of action raw
    call_in_flight running;  // held until the answer has gone
};

class fake_gate {
public:
    fake_gate(gate_settings settings, wall_time started);

    // Decides immediately: a delayed answer tells what was true when the call arrived.
    outcome handle(const request& call, instant now);

    // An error answer with its envelope and a fresh request id.
    reply error_reply(const api_error& error);

    const rate_window& limit() const { return limit_; }

    // A fresh window: calls counted so far and a running cool-down are forgotten.
    void set_limit(std::size_t calls, core::duration window);

    token_store tokens;
    fault_plan faults;
    counters counts;
    std::vector<core::secret_string> keys;

private:
    struct route {
        call_kind kind;
        call_form form;
    };

    std::optional<route> find_route(std::string_view path) const;
    outcome faulty(const fault& rule, const request& call, route where, instant now);
    reply answer(const request& call, route where, instant now);
    std::optional<reply> refuse_key(const request& call);
    reply answer_authenticated(const request& call, route where, instant now);
    reply answer_verify(const std::string& token, call_form form, instant now);
    reply answer_revoke(const std::string& token);
    void note_retry_after(reply& answer, std::chrono::seconds wait, instant now);
    std::string new_request_id();
    double draw();

    gate_settings settings_;
    rate_window limit_;
    core::time_point promised_ = core::time_point::min();  // until when callers were asked to wait
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace gate::emulator
