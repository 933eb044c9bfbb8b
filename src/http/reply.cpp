#include "bounded_writer.hpp"

#include <gate/http/reply.hpp>

namespace gate::http {
namespace {

// More than all names, line ends, numbers and fixed values that are put.
constexpr std::size_t fixed_bound = 640;

struct content {
    std::string_view type;
    std::string_view caching;
    std::size_t length = 0;  // 0: there is none
};

void put_fields(const reply& what, std::string_view challenge, const content& of, bounded_writer& out) {
    if (!what.date.empty()) out.put_line("Date: ", what.date);
    if (of.length > 0) {
        out.put_line("Content-Type: ", of.type);
        out.put("Content-Length: ");
        out.put_number(of.length);
        out.put_line("\r\nCache-Control: ", of.caching);
    }
    if (what.is_empty) out.put("Content-Length: 0\r\nCache-Control: no-store\r\n");
    if (what.status == 405 || what.status == 204)
        out.put("Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n");
    out.put(challenge);
    if (what.retry_after > 0) {
        out.put("Retry-After: ");
        out.put_number(static_cast<std::uint64_t>(what.retry_after));
        out.put("\r\n");
    }
    out.put_line("X-Request-Id: ", what.x_request_id.empty() ? what.request_id : what.x_request_id);
    out.put(what.lines);
    if (what.close) {
        out.put("Connection: close\r\n");
    } else if (what.keep_alive_10) {
        out.put("Connection: keep-alive\r\n");
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

std::size_t append_reply(const reply& what, std::string& out) {
    const auto& texts = what.texts != nullptr ? *what.texts : error_texts::plain();
    const auto phrase = status_phrase(what.status);
    const error_texts::body error{what.reason, what.form,       what.status,
                                  phrase,      what.request_id, what.repeatable};
    content of{content_type_of(what.form), "no-store"};
    if (what.page != nullptr) {
        of = {what.page->content_type, "max-age=3600", what.page->body.size()};
    } else if (what.status != 204 && !what.is_empty) {
        of.length = texts.size_of(error);
    }
    const auto& told = core::failure_of(what.reason);
    const bool challenges = what.page == nullptr && told.challenge;
    const auto challenge = challenges ? texts.challenge(told.invalid_token) : std::string_view();
    bounded_writer head(out, fixed_bound + what.date.size() + of.type.size() + of.caching.size() +
                                 challenge.size() + what.request_id.size() + what.x_request_id.size() +
                                 what.lines.size());
    head.put("HTTP/1.1 ");
    head.put_number(static_cast<std::uint64_t>(what.status));
    head.put_line(" ", phrase);
    put_fields(what, challenge, of, head);
    head.put("\r\n");
    head.finish();
    if (what.head_request || of.length == 0) return 0;
    const auto head_size = out.size();
    if (what.page != nullptr) {
        out.append(what.page->body);
    } else {
        texts.append(error, out);
    }
    return out.size() - head_size;
}

}  // namespace gate::http
