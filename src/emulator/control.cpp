#include <gate/core/percent_decoding.hpp>
#include <gate/emulator/control.hpp>
#include <gate/emulator/fault_text.hpp>
#include <gate/emulator/values.hpp>

#include <array>

namespace gate::emulator {
namespace {

constexpr std::string_view root = "/_control/";
constexpr std::string_view tokens_root = "/_control/tokens/";
constexpr std::string_view revoke_suffix = "/revoke";

const reply done{204, {}, ""};

reply invalid(fake_gate& gate, std::string message) {
    api_error error = error_for(422);
    error.message = std::move(message);
    return gate.error_reply(error);
}

reply wrong_method(fake_gate& gate, std::string allowed) {
    reply out = gate.error_reply(error_for(405));
    out.fields.push_back({"Allow", std::move(allowed)});
    return out;
}

reply show_state(const request&, fake_gate& gate, instant now) {
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    gate.counts.write_members(out);
    out.Key("limit");
    out.StartObject();
    out.Key("limit");
    out.Uint64(gate.limit().limit());
    write(out, "window", duration_text(gate.limit().window()));
    out.Key("remaining");
    out.Uint64(gate.limit().remaining(now.steady));
    out.EndObject();
    out.EndObject();
    return {200, {}, text_of(buffer)};
}

reply reset_counts(const request&, fake_gate& gate, instant) {
    gate.counts.reset();
    return done;
}

reply show_faults(const request&, fake_gate& gate, instant) {
    return {200, {}, faults_json(gate.faults.rules())};
}

reply put_faults(const request& call, fake_gate& gate, instant) {
    const auto body = parse_json(call.body);
    if (!body) return invalid(gate, "the body is not JSON");
    auto rules = parse_faults(*body);
    if (!rules) return invalid(gate, rules.error().text);
    gate.faults.replace(std::move(*rules));
    return done;
}

reply clear_faults(const request&, fake_gate& gate, instant) {
    gate.faults.replace({});
    return done;
}

reply put_limit(const request& call, fake_gate& gate, instant) {
    const auto body = parse_json(call.body);
    const json_value* const limit = body ? find_member(*body, "limit") : nullptr;
    if (limit == nullptr || !limit->IsUint())
        return invalid(gate, "limit must be a whole number; 0 is no limit");
    core::duration window = gate.limit().window();
    if (const json_value* const given = find_member(*body, "window"); given != nullptr) {
        const auto span = given->IsString() ? parse_duration(given->GetString()) : std::nullopt;
        if (!span || span->count() == 0)
            return invalid(gate, "window must be a duration above zero, such as \"60s\"");
        window = *span;
    }
    gate.set_limit(limit->GetUint(), window);
    return done;
}

reply put_keys(const request& call, fake_gate& gate, instant) {
    const auto body = parse_json(call.body);
    if (!body || !body->IsArray()) return invalid(gate, "the body must be a list of keys");
    std::vector<core::secret_string> keys;
    for (const json_value& key : body->GetArray()) {
        if (!key.IsString() || key.GetStringLength() == 0)
            return invalid(gate, "a key is a string that is not empty");
        keys.emplace_back(std::string(key.GetString(), key.GetStringLength()));
    }
    gate.keys = std::move(keys);
    return done;
}

reply show_token(const std::string& token, fake_gate& gate) {
    const auto known = gate.tokens.find(token);
    if (!known) return gate.error_reply(error_for(404));
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    write(out, "account", known->account);
    write(out, "status", known->status);
    write(out, "created_at", rfc3339(known->created_at));
    if (known->expires_at) write(out, "expires_at", rfc3339(*known->expires_at));
    out.Key("calls");
    out.Uint64(gate.counts.calls_of(token));
    out.EndObject();
    return {200, {}, text_of(buffer)};
}

// The fixed expiry that the body names, if any.
parsed<std::optional<wall_time>> read_expiry(const json_value& body, wall_time now) {
    const json_value* const at = find_member(body, "expires_at");
    const json_value* const in = find_member(body, "expires_in");
    if (at != nullptr && !at->IsNull()) {
        const auto when = at->IsString() ? parse_rfc3339(at->GetString()) : std::nullopt;
        if (!when) return problem{"expires_at must be an RFC 3339 time"};
        return std::optional<wall_time>(when);
    }
    if (in != nullptr && !in->IsNull()) {
        const auto span = in->IsString() ? parse_duration(in->GetString()) : std::nullopt;
        if (!span) return problem{"expires_in must be a duration, such as \"90s\""};
        return std::optional<wall_time>(now + *span);
    }
    return std::optional<wall_time>();
}

reply put_token(const std::string& token, const request& call, fake_gate& gate, instant now) {
    const auto body = parse_json(call.body);
    if (!body) return invalid(gate, "the body is not JSON");
    auto account = string_member(*body, "account");
    if (!account) return invalid(gate, "account must be a string");
    const auto expiry = read_expiry(*body, now.wall);
    if (!expiry) return invalid(gate, expiry.error().text);
    const json_value* const ignore = find_member(*body, "ignore_expiry");
    if (ignore != nullptr && !ignore->IsBool()) return invalid(gate, "ignore_expiry must be true or false");
    const json_value* const status = find_member(*body, "status");
    if (status != nullptr && !status->IsString()) return invalid(gate, "status must be a string");

    token_record record{std::move(*account), "active", now.wall, *expiry,
                        ignore != nullptr && ignore->IsTrue()};
    if (status != nullptr) record.status = status->GetString();
    gate.tokens.put(token, std::move(record));
    return done;
}

reply token_endpoint(const request& call, fake_gate& gate, instant now) {
    std::string_view rest = call.path().substr(tokens_root.size());
    const bool revoke = call.method == "POST" && rest.ends_with(revoke_suffix);
    if (revoke) rest.remove_suffix(revoke_suffix.size());
    const auto token = core::percent_decoded(rest);
    if (!token || !is_plausible_token(*token)) return invalid(gate, "this is no agent token: agt_ + token68");
    if (revoke) return gate.tokens.revoke(*token) ? done : gate.error_reply(error_for(404));
    if (call.method == "GET") return show_token(*token, gate);
    if (call.method == "PUT") return put_token(*token, call, gate, now);
    if (call.method == "DELETE") return gate.tokens.erase(*token) ? done : gate.error_reply(error_for(404));
    return wrong_method(gate, "GET, PUT, DELETE");
}

struct endpoint {
    std::string_view method;
    std::string_view leaf;
    reply (*run)(const request& call, fake_gate& gate, instant now);
};
constexpr std::array<endpoint, 7> endpoints{{
    {"GET", "state", show_state},
    {"POST", "reset", reset_counts},
    {"GET", "faults", show_faults},
    {"PUT", "faults", put_faults},
    {"DELETE", "faults", clear_faults},
    {"PUT", "limit", put_limit},
    {"PUT", "keys", put_keys},
}};

}  // namespace

bool is_control_path(std::string_view path) {
    return path.starts_with(root);
}

reply control(const request& call, fake_gate& gate, instant now) {
    if (!is_control_path(call.path())) return gate.error_reply(error_for(404));
    if (call.path().starts_with(tokens_root)) return token_endpoint(call, gate, now);
    std::string allowed;
    for (const endpoint& known : endpoints) {
        if (known.leaf != call.path().substr(root.size())) continue;
        if (known.method == call.method) return known.run(call, gate, now);
        allowed += (allowed.empty() ? "" : ", ") + std::string(known.method);
    }
    return allowed.empty() ? gate.error_reply(error_for(404)) : wrong_method(gate, std::move(allowed));
}

}  // namespace gate::emulator
