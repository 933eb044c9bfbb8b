#include <gate/emulator/answers.hpp>
#include <gate/emulator/json.hpp>

#include <array>

namespace gate::emulator {
namespace {

void write_meta(json_writer& out, call_form form, std::string_view request_id) {
    if (form == call_form::guide) return;
    out.Key("meta");
    out.StartObject();
    write(out, "request_id", request_id);
    out.EndObject();
}

std::string refusal(call_form form, std::string_view status, std::string_view request_id) {
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    out.Key("data");
    out.StartObject();
    out.Key("valid");
    out.Bool(false);
    if (!status.empty()) write(out, "status", status);
    out.EndObject();
    write_meta(out, form, request_id);
    out.EndObject();
    return text_of(buffer);
}

bool is_retryable(unsigned status) {
    return status == 429 || status >= 500;
}

struct known_error {
    unsigned status;
    const char* code;
    const char* message;
};
constexpr std::array<known_error, 9> known_errors{{
    {401, "auth.invalid_api_key", "The API key is not valid."},
    {403, "auth.invalid_api_key", "The API key is not valid."},
    {404, "request.not_found", "There is nothing at this path."},
    {405, "request.method_not_allowed", "This path does not take this method."},
    {413, "request.too_large", "The request body is too large."},
    {422, "request.validation_failed", "The request body is not valid."},
    {429, "rate_limit.exceeded", "Too many requests."},
    {500, "internal.error", "Something went wrong."},
    {503, "service.unavailable", "The service is not available."},
}};

}  // namespace

std::string valid_answer(call_form form, const token_facts& facts, std::string_view request_id) {
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    out.Key("data");
    out.StartObject();
    out.Key("valid");
    out.Bool(true);
    write(out, "gate_account_id", facts.account);
    write(out, "status", facts.status);
    write(out, "created_at", rfc3339(facts.created_at));
    if (form == call_form::v1 && facts.expires_at) write(out, "expires_at", rfc3339(*facts.expires_at));
    out.EndObject();
    write_meta(out, form, request_id);
    out.EndObject();
    return text_of(buffer);
}

std::string invalid_answer(call_form form, std::string_view request_id) {
    return refusal(form, "", request_id);
}

std::string revoked_answer(call_form form, std::string_view request_id) {
    return refusal(form, "revoked", request_id);
}

api_error error_for(unsigned status) {
    for (const known_error& known : known_errors)
        if (known.status == status) return {status, known.code, known.message, ""};
    if (status >= 500) return {status, "internal.error", "Something went wrong.", ""};
    return {status, "request.failed", "The request failed.", ""};
}

std::string error_envelope(const api_error& error, std::string_view request_id) {
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    out.Key("error");
    out.StartObject();
    write(out, "code", error.code);
    write(out, "message", error.message);
    out.Key("status");
    out.Uint(error.status);
    out.Key("retryable");
    out.Bool(is_retryable(error.status));
    write(out, "request_id", request_id);
    // A host that cannot exist (RFC 2606): these pages are not ours to name.
    write(out, "docs_url", "https://gate-emulator.invalid/errors#" + error.code);
    if (is_retryable(error.status) || !error.header_name.empty()) {
        out.Key("details");
        out.StartObject();
        if (is_retryable(error.status)) write(out, "next_action", "retry");
        if (!error.header_name.empty()) write(out, "header_name", error.header_name);
        out.EndObject();
    }
    out.EndObject();
    out.EndObject();
    return text_of(buffer);
}

}  // namespace gate::emulator
