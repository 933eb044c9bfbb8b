#pragma once
// The documents that Gate answers with. Pure: values in, JSON text out.

#include <gate/emulator/token_store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gate::emulator {

// Which of the two documented shapes a call has: POST /v1/gate/... with `agent_token`, or POST /gate/... with
// `token`.
enum class call_form : std::uint8_t { v1, guide };

// 200 for a known token. The guide's form has neither expires_at nor meta.
std::string valid_answer(call_form form, const token_facts& facts, std::string_view request_id);

// 200 for an unknown or expired token: valid is false, nothing beside it.
std::string invalid_answer(call_form form, std::string_view request_id);

// 200 for a revoked token: valid is false, status is revoked.
std::string revoked_answer(call_form form, std::string_view request_id);

struct api_error {
    unsigned status = 500;
    std::string code;
    std::string message;
    std::string header_name;  // empty: none at fault
};

// The error a status stands for when nothing more is known: code, message.
api_error error_for(unsigned status);

// {"error": {...}}; 429 and 5xx are retryable, and say so in details.next_action.
std::string error_envelope(const api_error& error, std::string_view request_id);

}  // namespace gate::emulator
