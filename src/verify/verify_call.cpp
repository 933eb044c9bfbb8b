#include "verify_call.hpp"

#include <gate/core/text.hpp>
#include <gate/verify/codec.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gate::verify {
namespace {

using auth::verification;
using client::failure;
using core::reason;

verification read_answer(const client::response& received) {
    const auto cache_control = received.joined("Cache-Control");
    answer out;
    out.status = received.status();
    out.cache_control = cache_control;
    out.retry_after = received.field("Retry-After");
    out.date = received.field("Date");
    out.rate_limit = received.field("X-RateLimit-Limit");
    out.rate_remaining = received.field("X-RateLimit-Remaining");
    out.body = received.body;
    return decode(out, core::wall_clock::now());
}

// Without what the number of calls says.
verification meaning_of(const client::outcome& came) {
    const auto& detail = came.problem.detail;
    switch (came.problem.kind) {
        case failure::none: return read_answer(came.answer);
        case failure::exhausted: {  // Gate has not failed, and has not been asked
            auto out = unavailable(reason::gate_busy, detail);
            out.held_back = true;
            return out;
        }
        case failure::timed_out: return unavailable(reason::gate_timeout, detail);
        case failure::bad_answer: return unavailable(reason::gate_bad_answer, detail);
        case failure::held_back: return held_back(came.times_sent);
        case failure::closing:
        case failure::unsendable: return unavailable(reason::gate_unreachable, detail);
        case failure::unreachable: break;
    }
    auto out = unavailable(reason::gate_unreachable, detail);
    out.retryable = true;
    return out;
}

}  // namespace

bool is_usable_key(const core::secret_string& key) {
    return !key.empty() && std::ranges::all_of(key.reveal(), core::is_visible);
}

call_form::call_form(const config::gate_options& gate, const std::string& version)
    : target_(gate.base_url.path + gate.verify_path),
      program_("gate-sidecar/" + version),
      token_field_(gate.token_field) {}

core::task<client::outcome> call_form::call(client::http_client& gate, std::string_view token,
                                            const core::secret_string& secret_key, core::time_point deadline,
                                            client::connection_choice which) const {
    const auto body = request_body(token_field_, token);
    const std::array<client::field, 4> fields{{{"Content-Type", "application/json"},
                                               {"Accept", "application/json"},
                                               {"User-Agent", program_},
                                               {"X-Foil-Client", program_}}};
    const client::request what{.method = "POST",
                               .target = target_,
                               .bearer = secret_key.reveal(),
                               .fields = fields,
                               .body = body.reveal()};
    return gate.call(what, deadline, which);
}

verification read_outcome(const client::outcome& came) {
    auto out = meaning_of(came);
    if (came.problem.kind == failure::held_back) return out;
    out.calls = std::max(1U, came.times_sent);
    out.was_sent = came.times_sent != 0 && came.problem.kind != failure::exhausted;
    out.repeated = came.repeated;
    return out;
}

verification unavailable(reason why, std::string detail) {
    verification out;
    out.reason = why;
    out.detail = std::move(detail);
    return out;
}

verification held_back(unsigned calls) {
    auto out = unavailable(reason::gate_rate_limited, {});
    out.calls = calls;
    out.held_back = true;
    return out;
}

}  // namespace gate::verify
