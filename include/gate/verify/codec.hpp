#pragma once
// The verify call, as bytes: what we send and what Gate's answer means. Pure.

#include <gate/auth/token_verifier.hpp>

#include <string_view>

namespace gate::verify {

inline constexpr std::size_t max_answer_size = 64 * 1024;  // bytes of a body

// {"<field>": "<token>"}
core::secret_string request_body(std::string_view field, std::string_view token);

// What the client received. Views are read only while decoding. Fields that occur several times are joined by
// ", ".
struct answer {
    int status = 0;
    std::string_view cache_control;
    std::string_view retry_after;
    std::string_view date;
    std::string_view rate_limit;
    std::string_view rate_remaining;
    std::string_view body;
};

// Rule 15: allows only from status 200, one well-formed JSON object (valid UTF-8, no duplicate members,
// nothing after it) with data.valid exactly true, a usable account id, and data.status absent, null or
// "active". valid false, or another status, is the only thing that denies. Everything else is unavailable,
// with the reason that the contract gives it; 404 and 422 are gate_form_refused here: whether Gate has ever
// understood this form is not known to this function. A 403 without Gate's error envelope, and a 429 without
// it and without both X-RateLimit fields, come from something before Gate: gate_bad_answer, and their
// Retry-After counts for nothing.
auth::verification decode(const answer& received, core::wall_clock::time_point wall_now);

// What an account id must be to be sent on (rule 6): 1..256 bytes of visible ASCII.
bool is_usable_account_id(std::string_view id) noexcept;

}  // namespace gate::verify
