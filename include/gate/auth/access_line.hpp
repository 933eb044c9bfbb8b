#pragma once
// What the access log says of a decision, at every door.

#include <gate/auth/access.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/http/request_id.hpp>
#include <gate/http/traceparent.hpp>
#include <gate/telemetry/access_log.hpp>

#include <array>

namespace gate::auth {

struct line_ids {
    const http::traceparent& trace;  // unset: no head was read
    const http::request_id& own_id;  // of an error body; unset: there was no need for one
    std::string_view request_id;     // what X-Request-Id says
    int status;                      // 0: there was no response
};

// All that `ids` refers to outlives the line.
inline void put_ids(const line_ids& ids, const http::request_facts& asked,
                    telemetry::access_record& line) noexcept {
    if (ids.trace.text[0] != '\0') {
        line.ids.trace = http::trace_id_of(ids.trace.view());
        line.ids.span = http::span_id_of(ids.trace.view());
    }
    if (!asked.parent_trace.empty()) line.ids.parent_span = http::span_id_of(asked.parent_trace);
    line.ids.request = ids.request_id;
    line.ids.has_own_request = asked.request_id.empty();
    const bool has_own = ids.own_id.text[0] != '\0';
    if (ids.status >= 400 && has_own && ids.own_id.view() != ids.request_id)
        line.ids.error = ids.own_id.view();
}

using fingerprint_text = std::array<char, 12>;

// All but the decision's reason, which a door may know better. `text` and `of` outlive the line.
inline void put_decision(const access& of, const authenticator& knows, fingerprint_text& text,
                         telemetry::access_record& line) {
    const auto& made = of.made();
    if (made.cache != cache_state::none) {
        line.cache = to_string(made.cache);
        line.took.age = made.age;
    }
    line.account_id = of.account_id();
    line.ids.gate_request = made.request_id;
    line.took.gate = of.gate_time().value_or(telemetry::access_record::absent);
    if (of.has_token()) {
        text = fingerprint_of(of.key());
        line.token_fingerprint = {text.data(), text.size()};
        line.budget_left = knows.budget_left();
    }
    if (of.chosen() != nullptr) line.route = of.chosen()->name;
    line.in_shadow = of.in_shadow() || of.refusal_on_trial() != core::reason::none;
}

}  // namespace gate::auth
