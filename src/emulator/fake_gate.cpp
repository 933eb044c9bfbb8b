#include <gate/emulator/fake_gate.hpp>
#include <gate/emulator/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace gate::emulator {
namespace {

constexpr std::string_view v1_root = "/v1/gate/agent-tokens/";
constexpr std::string_view guide_root = "/gate/agent-tokens/";

std::optional<call_kind> kind_of(std::string_view leaf) {
    if (leaf == "verify") return call_kind::verify;
    if (leaf == "revoke") return call_kind::revoke;
    return std::nullopt;
}

// The credentials of `Bearer ...` (RFC 6750 2.1), or nothing.
std::string_view bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    const bool matches =
        authorization.size() > scheme.size() &&
        std::equal(scheme.begin(), scheme.end(), authorization.begin(), [](char want, char is) {
            return want == (is >= 'A' && is <= 'Z' ? static_cast<char>(is + 32) : is);
        });
    if (!matches) return {};
    authorization.remove_prefix(scheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    return authorization;
}

// The agent token that the call is about, or nothing if the body is not what its form asks for.
std::optional<std::string> token_in(const request& call, call_form form) {
    const auto body = parse_json(call.body);
    if (!body) return std::nullopt;
    auto token = string_member(*body, form == call_form::v1 ? "agent_token" : "token");
    if (!token || !is_plausible_token(*token)) return std::nullopt;
    return token;
}

api_error with_header(api_error error, std::string header_name) {
    error.header_name = std::move(header_name);
    return error;
}

}  // namespace

fake_gate::fake_gate(gate_settings settings, wall_time started)
    : tokens(settings.expires_in, started),
      keys(settings.keys),
      settings_(std::move(settings)),
      limit_(settings_.limit, settings_.window) {}

void fake_gate::set_limit(std::size_t calls, core::duration window) {
    limit_ = rate_window(calls, window);
    promised_ = core::time_point::min();
}

outcome fake_gate::handle(const request& call, instant now) {
    outcome result;
    const auto where = find_route(call.path());
    if (!where || call.method != "POST") {
        ++counts.other_requests;
        result.answer = error_reply(error_for(where ? 405 : 404));
        if (where) result.answer.fields.push_back({"Allow", "POST"});
        return result;
    }
    ++(where->kind == call_kind::verify ? counts.verify.total : counts.revoke.total);
    if (now.steady < promised_) ++counts.early_calls;
    if (const auto token = token_in(call, where->form); token && where->kind == call_kind::verify)
        counts.count_token(*token);

    const auto dice = [this] { return draw(); };
    const auto rule = faults.next(where->kind, dice);
    if (rule && rule->replaces_answer()) {
        result = faulty(*rule, call, *where, now);
    } else {
        result.answer = answer(call, *where, now);
    }
    if (rule) {
        result.delay = delay_of(*rule, dice);
        result.slow_bytes = rule->slow_bytes;
    }
    result.running = call_in_flight(counts);
    return result;
}

reply fake_gate::error_reply(const api_error& error) {
    return {error.status, {}, error_envelope(error, new_request_id())};
}

std::optional<fake_gate::route> fake_gate::find_route(std::string_view path) const {
    const call_form form = path.starts_with(v1_root) ? call_form::v1 : call_form::guide;
    const std::string_view root = form == call_form::v1 ? v1_root : guide_root;
    const bool served = form == call_form::v1 ? settings_.form_v1 : settings_.form_guide;
    if (!served || !path.starts_with(root)) return std::nullopt;
    const auto kind = kind_of(path.substr(root.size()));
    if (!kind) return std::nullopt;
    return route{*kind, form};
}

outcome fake_gate::faulty(const fault& rule, const request& call, route where, instant now) {
    ++(where.kind == call_kind::verify ? counts.verify.faulted : counts.revoke.faulted);
    outcome result;
    result.action = rule.action;
    result.raw = rule.raw;
    if (rule.action == fault_action::malformed) result.answer.body = malformed_body(rule.malformed);
    if (rule.action != fault_action::status) return result;

    result.answer = error_reply(error_for(rule.status));
    // A redirect leads back here, so that a caller who follows it is seen by the counters.
    if (rule.status / 100 == 3) result.answer.fields.push_back({"Location", call.target});
    if (rule.status == 429 && limit_.limit() != 0) {
        result.answer.fields.push_back({"X-RateLimit-Limit", std::to_string(limit_.limit())});
        result.answer.fields.push_back({"X-RateLimit-Remaining", "0"});
    }
    if (rule.retry_after) note_retry_after(result.answer, *rule.retry_after, now);
    return result;
}

reply fake_gate::answer(const request& call, route where, instant now) {
    auto& refused = where.kind == call_kind::verify ? counts.verify.refused : counts.revoke.refused;
    auto& rate_limited =
        where.kind == call_kind::verify ? counts.verify.rate_limited : counts.revoke.rate_limited;
    if (auto refusal = refuse_key(call)) {
        ++refused;
        return std::move(*refusal);
    }
    const admission admitted = limit_.count(now.steady);
    reply out = admitted.allowed ? answer_authenticated(call, where, now) : error_reply(error_for(429));
    if (admitted.limit != 0) {
        out.fields.push_back({"X-RateLimit-Limit", std::to_string(admitted.limit)});
        out.fields.push_back({"X-RateLimit-Remaining", std::to_string(admitted.remaining)});
    }
    if (!admitted.allowed) {
        ++rate_limited;
        note_retry_after(out, admitted.retry_after, now);
    } else if (out.status == 403 || out.status == 422) {
        ++refused;
    }
    return out;
}

std::optional<reply> fake_gate::refuse_key(const request& call) {
    const std::string_view given = bearer(call.authorization);
    if (given.empty()) {
        const api_error missing{401, "auth.missing_api_key", "The Authorization header has no API key.", ""};
        return error_reply(with_header(missing, "Authorization"));
    }
    const core::secret_string key{std::string(given)};
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) return std::nullopt;
    return error_reply(with_header(error_for(settings_.bad_key_status), "Authorization"));
}

reply fake_gate::answer_authenticated(const request& call, route where, instant now) {
    const bool in_scope = where.kind == call_kind::verify ? settings_.may_verify : settings_.may_revoke;
    if (!in_scope)
        return error_reply(
            {403, "auth.insufficient_scope", "The API key does not have the scope for this call.", ""});
    const auto token = token_in(call, where.form);
    if (!token) return error_reply(error_for(422));
    return where.kind == call_kind::verify ? answer_verify(*token, where.form, now) : answer_revoke(*token);
}

reply fake_gate::answer_verify(const std::string& token, call_form form, instant now) {
    const token_lookup found = tokens.verify(token, now.wall);
    const bool valid = found.standing == token_standing::valid;
    ++(valid ? counts.verify.valid : counts.verify.invalid);
    reply out;
    if (!settings_.cache_control.empty()) out.fields.push_back({"Cache-Control", settings_.cache_control});
    if (valid) {
        out.body = valid_answer(form, found.facts, new_request_id());
    } else if (found.standing == token_standing::revoked) {
        out.body = revoked_answer(form, new_request_id());
    } else {
        out.body = invalid_answer(form, new_request_id());
    }
    return out;
}

reply fake_gate::answer_revoke(const std::string& token) {
    if (tokens.revoke(token)) {
        ++counts.revoke.revoked;
        return {204, {}, ""};
    }
    ++counts.revoke.unknown;
    api_error unknown = error_for(404);
    unknown.message = "There is no such agent token.";
    return error_reply(unknown);
}

void fake_gate::note_retry_after(reply& out, std::chrono::seconds wait, instant now) {
    promised_ = std::max(promised_, now.steady + wait);
    // A date has whole seconds: round up, so that it never says less than the number would.
    const std::string date = http_date(std::chrono::ceil<std::chrono::seconds>(now.wall + wait));
    out.fields.push_back(
        {"Retry-After", settings_.retry_after_as_date ? date : std::to_string(wait.count())});
}

std::string fake_gate::new_request_id() {
    std::array<char, 33> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx%016llx", static_cast<unsigned long long>(random_()),
                  static_cast<unsigned long long>(random_()));
    return "req_" + std::string(hex.data());
}

double fake_gate::draw() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

}  // namespace gate::emulator
