#include <gate/auth/retry_after.hpp>
#include <gate/client/http_date.hpp>
#include <gate/core/account_id.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/verify/cache_control.hpp>
#include <gate/verify/codec.hpp>
#include <gate/verify/rfc3339.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <vector>

namespace gate::verify {
namespace {

using auth::verdict;
using auth::verification;
using core::reason;
using json = rapidjson::Value;

// Iterative: the depth of an answer costs heap, bounded by its size, and no stack.
constexpr unsigned parse_flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

std::string_view view(const json& text) {
    return {text.GetString(), text.GetStringLength()};
}

// The member, or nullptr.
const json* find(const json& object, std::string_view name) {
    const auto found = object.FindMember(rapidjson::StringRef(name.data(), name.size()));
    return found == object.MemberEnd() ? nullptr : &found->value;
}

// What two parsers would read differently is no answer.
bool has_duplicates(const json& object) {
    std::vector<std::string_view> names;
    names.reserve(object.MemberCount());
    for (const auto& member : object.GetObject()) names.push_back(view(member.name));
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

// False unless `text` is one well-formed JSON object.
bool parse_object(std::string_view text, rapidjson::Document& out) {
    if (text.size() > max_answer_size) return false;
    // RapidJSON takes a NUL byte for the end of its input, and would not see what follows it.
    if (text.find('\0') != std::string_view::npos) return false;
    out.Parse<parse_flags>(text.data(), text.size());
    return !out.HasParseError() && out.IsObject() && !has_duplicates(out);
}

bool is_request_id(std::string_view id) {
    return id.size() == 36 && id.starts_with("req_") &&
           id.find_first_not_of(core::hex_digits, 4) == std::string_view::npos;
}

std::string request_id_in(const json& document, std::string_view section) {
    const auto* inner = find(document, section);
    if (inner == nullptr || !inner->IsObject()) return {};
    const auto* id = find(*inner, "request_id");
    return id != nullptr && id->IsString() && is_request_id(view(*id)) ? std::string(view(*id))
                                                                       : std::string();
}

void deny(verification& out, reason why) {
    out.verdict = verdict::deny;
    out.reason = why;
}

void bad_answer(verification& out, std::string_view detail) {
    out.reason = reason::gate_bad_answer;
    out.detail = detail;
}

void read_expiry(const json& data, verification& out) {
    const auto* expires = find(data, "expires_at");
    if (expires != nullptr && expires->IsString()) out.expires_at = parse_rfc3339(view(*expires));
}

// The one place that allows (rule 15).
void judge(const json& data, verification& out) {
    const auto* valid = find(data, "valid");
    if (valid == nullptr || !valid->IsBool()) return bad_answer(out, "data.valid is not a boolean");
    const auto* status = find(data, "status");
    if (status != nullptr && status->IsNull()) status = nullptr;
    const bool says_revoked = status != nullptr && status->IsString() && view(*status) == "revoked";
    if (!valid->GetBool()) return deny(out, says_revoked ? reason::token_revoked : reason::token_invalid);
    if (status != nullptr && !status->IsString()) return bad_answer(out, "data.status is not a string");
    if (status != nullptr && view(*status) != "active") return deny(out, reason::token_revoked);
    const auto* account = find(data, "gate_account_id");
    if (account == nullptr || !account->IsString() || !is_usable_account_id(view(*account))) {
        return bad_answer(out, "data.gate_account_id is not usable");
    }
    out.account_id = view(*account);
    read_expiry(data, out);
    out.verdict = verdict::allow;
    out.reason = reason::token_verified;
}

void decode_success(std::string_view body, verification& out) {
    rapidjson::Document document;
    if (!parse_object(body, document)) return bad_answer(out, "the body is not one JSON object");
    out.request_id = request_id_in(document, "meta");
    const auto* data = find(document, "data");
    if (data == nullptr || !data->IsObject()) return bad_answer(out, "data is not an object");
    if (has_duplicates(*data)) return bad_answer(out, "data has duplicate members");
    judge(*data, out);
}

reason reason_of_status(int status) {
    switch (status) {
        case 401:
        case 403: return reason::gate_key_refused;
        case 404:
        case 422: return reason::gate_form_refused;
        case 429: return reason::gate_rate_limited;
        default: return status >= 500 && status <= 599 ? reason::gate_failing : reason::gate_bad_answer;
    }
}

// As Gate's error envelope has one.
bool is_gates(const json* error) {
    const auto* code = error == nullptr ? nullptr : find(*error, "code");
    return code != nullptr && code->IsString();
}

// Whatever stands before Gate may dislike a token, or its sender: that says nothing about the token, our key
// or the form of the call. It may have limits of its own: they are not our budget, and its Retry-After
// concerns nobody.
void foreign(verification& out) {
    out.retry_after = std::chrono::seconds{0};
    out.limit.reset();
    out.remaining.reset();
    if (out.reason == reason::gate_failing) return;
    bad_answer(out, "a " + std::to_string(out.status) + " that is not Gate's");
}

void decode_failure(int status, std::string_view body, verification& out) {
    out.reason = reason_of_status(status);
    rapidjson::Document document;
    const auto* error = parse_object(body, document) ? find(document, "error") : nullptr;
    if (error != nullptr && !error->IsObject()) error = nullptr;
    if (error != nullptr) out.request_id = request_id_in(document, "error");
    const bool has_rate_fields = out.limit && out.remaining;
    if (!is_gates(error) && !(status == 429 && has_rate_fields)) return foreign(out);
    if (error == nullptr) return;
    const auto* retryable = find(*error, "retryable");
    out.retryable = retryable != nullptr && retryable->IsBool() && retryable->GetBool();
}

std::optional<unsigned> read_count(std::string_view text) {
    constexpr unsigned limit = 1'000'000'000;
    unsigned sum = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        sum = std::min(sum, limit / 10) * 10 + static_cast<unsigned>(c - '0');
    }
    return text.empty() ? std::nullopt : std::optional(std::min(sum, limit));
}

}  // namespace

bool is_usable_account_id(std::string_view id) noexcept {
    return core::is_account_id(id);
}

core::secret_string request_body(std::string_view field, std::string_view token) {
    core::json_writer name;
    name.value(field);
    // The token needs no escapes (is_agent_token), and goes into memory that is wiped.
    std::string body;
    body.reserve(name.text().size() + token.size() + 5);
    body.append("{").append(name.text()).append(":\"").append(token).append("\"}");
    return core::secret_string(std::move(body));
}

verification decode(const answer& received, core::wall_clock::time_point wall_now) {
    verification out;
    out.status = received.status;
    const auto directives = parse_cache_control(received.cache_control);
    out.max_age = directives.max_age;
    out.no_store = directives.no_store;
    out.has_garbage_max_age = directives.has_garbage_max_age;
    // A date is one of Gate's clock.
    const auto gate_now = client::parse_http_date(received.date, wall_now).value_or(wall_now);
    out.limit = read_count(received.rate_limit);
    out.remaining = read_count(received.rate_remaining);
    if (received.status == 200) {
        decode_success(received.body, out);
    } else {
        const auto wait = client::parse_retry_after(received.retry_after, gate_now);
        out.retry_after = std::min(wait.value_or(std::chrono::seconds{0}), auth::max_retry_after);
        decode_failure(received.status, received.body, out);
    }
    return out;
}

}  // namespace gate::verify
