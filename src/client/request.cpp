#include <gate/client/request.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>

namespace gate::client {
namespace {

bool is_in_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool is_sendable(const request& what) {
    return is_in_one_line(what.method) && is_in_one_line(what.target) && is_in_one_line(what.bearer) &&
           std::ranges::all_of(what.fields, [](const field& each) {
               return is_in_one_line(each.name) && is_in_one_line(each.value);
           });
}

}  // namespace

std::string authority_of(const config::url& url) {
    const bool is_v6 = url.host.find(':') != std::string::npos;
    auto out = is_v6 ? '[' + url.host + ']' : url.host;
    if (url.port != (url.tls ? 443 : 80)) out.append(":").append(std::to_string(url.port));
    return out;
}

core::result<core::secret_string> request_text(const request& what, std::string_view authority) {
    if (!is_sendable(what)) return core::error_code(boost::asio::error::invalid_argument);
    std::size_t size = what.method.size() + what.target.size() + authority.size() + what.bearer.size() +
                       what.body.size() + 128;
    for (const auto& each : what.fields) size += each.name.size() + each.value.size() + 4;
    std::string text;
    // The text is allocated in one step: growing would leave copies of the secrets in freed memory.
    text.reserve(size);
    text.append(what.method).append(" ").append(what.target).append(" HTTP/1.1\r\nHost: ").append(authority);
    if (!what.bearer.empty()) text.append("\r\nAuthorization: Bearer ").append(what.bearer);
    for (const auto& each : what.fields)
        text.append("\r\n").append(each.name).append(": ").append(each.value);
    if (!what.body.empty() || what.method != "GET")
        text.append("\r\nContent-Length: ").append(std::to_string(what.body.size()));
    text.append("\r\n\r\n").append(what.body);
    return core::secret_string(std::move(text));
}

}  // namespace gate::client
