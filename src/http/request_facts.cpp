#include <gate/core/text.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/http/request_id.hpp>
#include <gate/http/rerouting.hpp>
#include <gate/http/traceparent.hpp>

#include <algorithm>

namespace gate::http {
namespace {

void read_ids(request_facts& out) noexcept {
    const auto& head = out.head;
    const auto* id = head.count(field_id::x_request_id) == 1 ? head.find(field_id::x_request_id) : nullptr;
    if (id != nullptr && is_sane_request_id(id->value)) out.request_id = id->value;
    out.parent_trace = incoming_trace(head);
}

}  // namespace

bool is_cors_preflight(const request_facts& asked) noexcept {
    const auto& head = asked.head;
    if (head.verb != method::options || has_body(asked.framing)) return false;
    if (head.has(field_id::authorization) || head.has(field_id::upgrade)) return false;
    const auto has = [&head](std::string_view name) {
        return std::ranges::any_of(head.fields,
                                   [name](const field& each) { return core::iequals(each.name, name); });
    };
    return has("origin") && has("access-control-request-method");
}

void request_facts::clear() noexcept {
    head.method_name = head.target = {};
    head.verb = method::other;
    head.minor = 1;
    head.fields.clear();
    head.size = 0;
    head.present = 0;
    connection.clear();
    target = {};
    host = {};
    framing = {};
    features = {};
    max_forwards = -1;
    request_id = parent_trace = {};
}

core::result<void> read_request(std::string_view text, const reading_rules& rules, request_facts& out) {
    auto& head = out.head;
    if (auto parsed = parse_request_head(text, rules.limits, rules.identity, head); !parsed) return parsed;
    let_rerouting_pass(head, rules.passed_rerouting);
    read_connection_options(head, out.connection);
    const auto target = read_target(head);
    if (!target) return target.error();
    out.target = *target;
    const auto host = read_host(head, *target);
    if (!host) return host.error();
    out.host = *host;
    if (out.connection.malformed) return core::reason::bad_field;
    const auto framing = request_framing(head);
    if (!framing) return framing.error();
    out.framing = *framing;
    out.max_forwards = max_forwards(head);
    read_ids(out);
    if (rules.is_answered_here) {
        // Whether its body comes is not known: no request can follow it.
        out.features.expects_continue = head.has(field_id::expect) && has_body(*framing);
        return {};
    }
    const auto asks = read_requested_features(head, out.connection, *framing);
    if (!asks) return asks.error();
    out.features = *asks;
    return {};
}

}  // namespace gate::http
