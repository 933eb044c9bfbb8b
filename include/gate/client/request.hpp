#pragma once
// A request of ours, as the caller says it and as bytes. Pure.

#include <gate/config/config.hpp>
#include <gate/core/result.hpp>
#include <gate/core/secret_string.hpp>

#include <span>
#include <string>
#include <string_view>

namespace gate::client {

struct field {
    std::string_view name;
    std::string_view value;
};

// Views: they must last until request_text() has returned. The method is neither HEAD nor CONNECT.
struct request {
    std::string_view method = "GET";
    std::string_view target = "/";
    std::string_view bearer = "";     // the secret of Authorization: Bearer; empty: no such field
    std::span<const field> fields{};  // besides Host, Authorization and Content-Length
    std::string_view body = "";       // empty: Content-Length is sent unless the method is GET
};

// Host, as RFC 9110 7.2 wants it: without the port that the scheme implies.
std::string authority_of(const config::url& url);

// Head and body, in memory that is wiped. Error: invalid_argument where method, target, a name, a value or
// the bearer holds a control character, which could begin another field.
core::result<core::secret_string> request_text(const request& what, std::string_view authority);

}  // namespace gate::client
