// What look_at_gate() asks.
#include <gate/app/doctor/gate_section.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/client/http_client.hpp>
#include <gate/client/http_date.hpp>
#include <gate/client/tls.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/verify/codec.hpp>

#include <algorithm>
#include <array>

namespace gate::app::doctor {
namespace {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

auth::verification unavailable(core::reason why, std::string detail) {
    auth::verification out;
    out.reason = why;
    out.detail = std::move(detail);
    return out;
}

auth::verification meaning_of(const client::outcome& came) {
    switch (came.problem.kind) {
        case client::failure::none: break;
        case client::failure::timed_out: return unavailable(core::reason::gate_timeout, came.problem.detail);
        case client::failure::bad_answer:
            return unavailable(core::reason::gate_bad_answer, came.problem.detail);
        default: return unavailable(core::reason::gate_unreachable, came.problem.detail);
    }
    const auto& got = came.answer;
    verify::answer out;
    out.status = got.status();
    out.retry_after = got.field("Retry-After");
    out.date = got.field("Date");
    out.rate_limit = got.field("X-RateLimit-Limit");
    out.rate_remaining = got.field("X-RateLimit-Remaining");
    out.body = got.body;
    return verify::decode(out, core::wall_clock::now());
}

gate_call call_gate(const config::config& options, const tls_context& tls, const call_form& form) {
    const auto& gate = options.gate;
    core::asio::io_context context{1};
    client::client_options how;
    how.max_idle = 0;
    client::http_client asking(context.get_executor(), gate.base_url, tls, how);
    const auto body = verify::request_body(form.field, impossible_token);
    const auto program = "gate-sidecar/" + std::string(telemetry::version());
    const std::array<client::field, 4> fields{{{"Content-Type", "application/json"},
                                               {"Accept", "application/json"},
                                               {"User-Agent", program},
                                               {"X-Foil-Client", program}}};
    const auto target = gate.base_url.path + form.path;
    const client::request what{.method = "POST",
                               .target = target,
                               .bearer = options.secret_key.reveal(),
                               .fields = fields,
                               .body = body.reveal()};
    gate_call out{.form = form};
    const auto asked = core::clock::now();
    const auto came = run_to_end(context, asking.call(what, asked + gate.timeout));
    out.took = core::clock::now() - asked;
    out.answer = meaning_of(came);
    if (came.problem.kind != client::failure::none) return out;
    const auto now = core::wall_clock::now();
    const auto middle = now - std::chrono::duration_cast<core::wall_clock::duration>(out.took / 2);
    if (const auto date = client::parse_http_date(came.answer.field("Date"), now))
        out.clock_ahead = std::chrono::round<std::chrono::seconds>(*date - middle);
    return out;
}

// One call, or two where Gate does not know the form of the first.
std::vector<gate_call> ask_gate(const config::config& options, const tls_context& tls) {
    const call_form configured{options.gate.verify_path, options.gate.token_field};
    std::vector<gate_call> out{call_gate(options, tls, configured)};
    if (out.front().answer.reason != core::reason::gate_form_refused) return out;
    const auto other =
        std::ranges::find_if(documented_forms, [&](const call_form& each) { return !(each == configured); });
    out.push_back(call_gate(options, tls, *other));
    return out;
}

void shake_hands(wire& over, const config::gate_options& gate, core::time_point until, gate_facts& into) {
    const wire_tls how{.ca_file = gate.ca_file, .server_name = gate.base_url.host};
    if (over.shake_hands(how, until)) {
        into.certificate = over.shown();
    } else {
        into.tls_problem = over.problem();
    }
}

}  // namespace

gate_facts look_at_gate(const config::config& options) {
    const auto& gate = options.gate;
    gate_facts out;
    out.uses_tls = gate.base_url.tls;
    out.name = resolve(gate.base_url.host);
    if (!out.name.problem.empty()) return out;
    const auto until = core::clock::now() + gate.timeout;
    auto over = wire::to_url(gate.base_url, until);
    out.connect_problem = over.problem();
    if (over.is_open() && out.uses_tls) shake_hands(over, gate, until, out);
    if (!out.is_reachable()) return out;
    tls_context tls;
    if (out.uses_tls) {
        auto made = client::make_tls_context(gate.ca_file);
        if (!made) {
            out.tls_problem = made.error().message();
            return out;
        }
        tls = std::move(*made);
    }
    out.calls = ask_gate(options, tls);
    return out;
}

}  // namespace gate::app::doctor
