#include <gate/http/reply.hpp>

namespace gate::http {
namespace {

void append_string(std::string_view name, std::string_view value, std::string& out) {
    out.append("\"").append(name).append("\": \"").append(value).append("\"");
}

void append_details(const reply& what, std::string& out) {
    out.append("\"details\": {");
    if (what.retryable) append_string("next_action", "retry", out);
    if (what.retryable && !what.header_name.empty()) out.append(", ");
    if (!what.header_name.empty()) append_string("header_name", what.header_name, out);
    out.append("}");
}

// Codes, sentences and ids are ours and hold nothing that JSON escapes.
std::string error_body(const reply& what) {
    std::string out = "{\"error\": {";
    append_string("code", core::to_string(what.reason), out);
    out.append(", ");
    append_string("message", core::describe(what.reason), out);
    out.append(", \"status\": ").append(std::to_string(what.status));
    out.append(what.retryable ? ", \"retryable\": true, " : ", \"retryable\": false, ");
    append_string("request_id", what.request_id, out);
    out.append(", ");
    append_details(what, out);
    return out.append("}}\n");
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_fields(const reply& what, std::size_t length, std::string& out) {
    if (!what.date.empty()) append_field("Date", what.date, out);
    if (length > 0) {
        append_field("Content-Type", "application/json", out);
        append_field("Content-Length", std::to_string(length), out);
        append_field("Cache-Control", "no-store", out);
    }
    if (what.status == 405 || what.status == 204)
        append_field("Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS", out);
    if (what.challenge)
        append_field(
            "WWW-Authenticate",
            what.invalid_token ? "Bearer realm=\"gate\", error=\"invalid_token\"" : "Bearer realm=\"gate\"",
            out);
    if (what.retry_after > 0) append_field("Retry-After", std::to_string(what.retry_after), out);
    append_field("X-Request-Id", what.x_request_id.empty() ? what.request_id : what.x_request_id, out);
    if (what.close) {
        append_field("Connection", "close", out);
    } else if (what.keep_alive_10) {
        append_field("Connection", "keep-alive", out);
    }
}

}  // namespace

std::string_view status_phrase(int status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 204: return "No Content";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 417: return "Expectation Failed";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return {};
    }
}

void append_reply(const reply& what, std::string& out) {
    const std::string body = what.status == 204 ? std::string() : error_body(what);
    out.append("HTTP/1.1 ").append(std::to_string(what.status)).append(" ");
    out.append(status_phrase(what.status)).append("\r\n");
    append_fields(what, body.size(), out);
    out.append("\r\n");
    if (!what.head_request) out.append(body);
}

}  // namespace gate::http
