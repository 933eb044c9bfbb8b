#pragma once
// The texts of errors that depend on the reason and the configuration alone. They are made once for each
// configuration: to refuse a request, only the status and the request id are put into them.

#include <gate/core/reason.hpp>

#include <array>
#include <string>
#include <string_view>

namespace gate::http {

// What clients are told about where to go. Empty: not said.
struct error_links {
    std::string errors;             // a URL that becomes the page of an error with its code: docs_url
    std::string resource_metadata;  // the URL of the metadata (RFC 9728 5.1)
    std::string sign_up_command;    // for agents that have no token, or no valid one
    std::string documentation;      // the URL of a page about signing up
};

// Whether another token, or a first one, is what helps.
constexpr bool leads_to_sign_up(core::reason why) noexcept {
    return why == core::reason::token_missing || why == core::reason::token_invalid ||
           why == core::reason::token_revoked;
}

enum class body_form : std::uint8_t {
    error,    // {"error": {"code", "message", "status", "retryable", "request_id", "details", "docs_url"}}
    problem,  // RFC 9457: {"type", "title", "status", "detail", "code", "retryable", "request_id", "details"}
};

std::string_view content_type_of(body_form form) noexcept;

// Thread-safe after construction.
class error_texts {
public:
    explicit error_texts(const error_links& links = {});

    // Those without links.
    static const error_texts& plain();

    // Appends a body, a JSON text with a line feed. `status`: three digits; `phrase`: its name.
    // `request_id`: of letters, digits and '_', as ours are.
    struct body {
        core::reason reason;
        body_form form;
        int status;
        std::string_view phrase;
        std::string_view request_id;
        bool repeatable = true;  // false: it is not called retryable, whatever the table says
    };
    std::size_t size_of(const body& what) const noexcept;
    void append(const body& what, std::string& out) const;

    // The line that a 401 has, with its CRLF (RFC 6750 3). `invalid_token`: one was given.
    std::string_view challenge(bool invalid_token) const noexcept {
        return invalid_token ? challenge_invalid_ : challenge_missing_;
    }

private:
    // A body, and the places in it where something is put in.
    struct pattern {
        std::string text;
        std::size_t status = 0;
        std::size_t phrase = 0;  // 0: none
        std::size_t id = 0;
    };
    struct source;
    static pattern error_pattern(const source& of);
    static pattern problem_pattern(const source& of);
    const pattern& pattern_of(const body& what) const noexcept;

    using patterns = std::array<pattern, core::reason_count>;

    patterns errors_;
    patterns problems_;
    patterns final_errors_;  // of what must not be repeated
    patterns final_problems_;
    std::string challenge_missing_;
    std::string challenge_invalid_;
};

}  // namespace gate::http
