#include "operator_request.hpp"

#include <gate/core/text.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace gate::app {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::string_view absolute = "http://";

// What stands before the path of a target in absolute form.
std::string_view authority_of(std::string_view target) {
    if (!target.starts_with(absolute)) return {};
    target.remove_prefix(absolute.size());
    return target.substr(0, target.find_first_of("/?"));
}

// Without the port.
std::string_view name_of(std::string_view host) {
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        const bool is_whole = end + 1 == host.size() || (end < host.size() && host[end + 1] == ':');
        return is_whole ? host.substr(1, end - 1) : std::string_view();
    }
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);  // the same name, as DNS writes it in full (RFC 1034 3.1)
    return host;
}

bool is_ipv4(std::string_view name) {
    core::error_code ec;
    core::asio::ip::make_address_v4(std::string(name), ec);
    return !ec;
}

bool is_ipv6(std::string_view name) {
    core::error_code ec;
    core::asio::ip::make_address_v6(std::string(name), ec);
    return !ec;
}

}  // namespace

// RFC 9112 3.2: exactly one Host, which HTTP/1.0 may leave out.
bool is_well_addressed(const operator_head& head) {
    const auto hosts = head.count(http::field::host);
    return hosts == 1 || (hosts == 0 && head.version() < 11);
}

// What two readers could take for different lengths (RFC 9112 6.3).
bool is_well_framed(const operator_head& head) {
    const auto codings = head.count(http::field::transfer_encoding);
    const bool chunked = codings == 1 && core::iequals(head[http::field::transfer_encoding], "chunked");
    return head.count(http::field::content_length) <= 1 && (codings == 0 || chunked);
}

bool is_host_of_ours(const std::vector<std::string>& names, std::string_view host) {
    const auto name = name_of(host);
    if (host.starts_with('[')) return is_ipv6(name);
    if (is_ipv4(name) || core::iequals(name, "localhost")) return true;
    return std::ranges::any_of(names,
                               [&](const std::string& each) { return core::iequals(name, name_of(each)); });
}

bool is_meant_for(const std::vector<std::string>& names, const operator_head& head) {
    const auto in_target = authority_of(view(head.target()));
    const auto found = head.find(http::field::host);
    return (in_target.empty() || is_host_of_ours(names, in_target)) &&
           (found == head.end() || is_host_of_ours(names, view(found->value())));
}

bool comes_from_elsewhere(const operator_head& head) {
    const auto sites = head.count("Sec-Fetch-Site");
    const auto site = view(head["Sec-Fetch-Site"]);
    if (sites > 1 || (sites == 1 && site != "same-origin" && site != "none")) return true;
    const auto origins = head.count(http::field::origin);
    if (origins == 0) return false;
    auto origin = view(head[http::field::origin]);
    const auto scheme = origin.find("://");
    if (origins > 1 || scheme == std::string_view::npos) return true;
    origin.remove_prefix(scheme + 3);
    return !core::iequals(origin, view(head[http::field::host]));
}

std::string_view path_of(std::string_view target) {
    if (target.starts_with(absolute)) {
        target.remove_prefix(absolute.size());
        target.remove_prefix(std::min(target.find('/'), target.size()));
        if (target.empty()) target = "/";
    }
    return target.substr(0, target.find('?'));
}

unsigned status_of(const core::error_code& ec) {
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) return 0;
    return ec.category() == http::make_error_code(http::error::bad_version).category() ? 400 : 0;
}

}  // namespace gate::app
