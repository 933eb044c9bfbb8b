#include <gate/http/reply.hpp>

namespace gate::http {
namespace {

void append_field(std::string_view name, std::string_view value, std::string& out) {
    out.append(name).append(": ").append(value).append("\r\n");
}

struct content {
    std::string_view type;
    std::string_view caching;
    std::size_t length = 0;  // 0: there is none
};

void append_fields(const reply& what, const error_texts& texts, const content& of, std::string& out) {
    if (!what.date.empty()) append_field("Date", what.date, out);
    if (of.length > 0) {
        append_field("Content-Type", of.type, out);
        append_field("Content-Length", std::to_string(of.length), out);
        append_field("Cache-Control", of.caching, out);
    }
    if (what.is_empty) out.append("Content-Length: 0\r\nCache-Control: no-store\r\n");
    if (what.status == 405 || what.status == 204)
        append_field("Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS", out);
    const auto& told = core::failure_of(what.reason);
    if (what.page == nullptr && told.challenge) out.append(texts.challenge(told.invalid_token));
    if (what.retry_after > 0) append_field("Retry-After", std::to_string(what.retry_after), out);
    append_field("X-Request-Id", what.x_request_id.empty() ? what.request_id : what.x_request_id, out);
    out.append(what.lines);
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
        case 421: return "Misdirected Request";
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
    const auto& texts = what.texts != nullptr ? *what.texts : error_texts::plain();
    const auto phrase = status_phrase(what.status);
    const error_texts::body error{what.reason, what.form, what.status, phrase, what.request_id};
    content of{content_type_of(what.form), "no-store"};
    if (what.page != nullptr) {
        of = {what.page->content_type, "max-age=3600", what.page->body.size()};
    } else if (what.status != 204 && !what.is_empty) {
        of.length = texts.size_of(error);
    }
    out.append("HTTP/1.1 ").append(std::to_string(what.status)).append(" ").append(phrase).append("\r\n");
    append_fields(what, texts, of, out);
    out.append("\r\n");
    if (what.head_request || of.length == 0) return;
    if (what.page != nullptr) {
        out.append(what.page->body);
    } else {
        texts.append(error, out);
    }
}

}  // namespace gate::http
