#include "chars.hpp"
#include "host.hpp"

#include <gate/http/head_parser.hpp>
#include <gate/http/target.hpp>

namespace gate::http {
namespace {

using core::reason;

std::string_view without_query(std::string_view target) noexcept {
    return target.substr(0, target.find('?'));
}

// Cuts "http://" or "https://" off; false if it is another scheme, or none.
bool cut_scheme(std::string_view& target) noexcept {
    for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
        if (!core::iequals(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        return true;
    }
    return false;
}

core::result<request_target> read_absolute(std::string_view target, method verb) {
    if (!cut_scheme(target)) return reason::bad_target;
    request_target out;
    out.form = target_form::absolute;
    out.authority = target.substr(0, target.find_first_of("/?"));
    if (out.authority.empty() || !is_valid_host(out.authority)) return reason::bad_target;

    out.forwarded = target.substr(out.authority.size());
    if (out.forwarded.empty()) {
        // RFC 9112 3.2.4: OPTIONS for a bare authority means the server as a whole.
        out.forwarded = verb == method::options ? "*" : "/";
    } else if (out.forwarded.front() == '?') {
        out.slash = true;
        out.path = "/";
        return out;
    }
    out.path = without_query(out.forwarded);
    return out;
}

}  // namespace

core::result<request_target> read_target(const request_head& head) {
    if (head.verb == method::connect || head.verb == method::trace) return reason::method_refused;
    const auto target = head.target;
    if (target.starts_with('/'))
        return request_target{target_form::origin, {}, target, without_query(target)};
    if (target != "*") return read_absolute(target, head.verb);
    if (head.verb != method::options) return reason::bad_target;
    return request_target{target_form::asterisk, {}, target, target};
}

core::result<std::string_view> read_host(const request_head& head, const request_target& target) {
    const auto hosts = head.count(field_id::host);
    if (hosts > 1 || (hosts == 0 && head.minor >= 1)) return reason::bad_host;
    std::string_view host;
    if (hosts == 1) host = head.find(field_id::host)->value;
    if (!host.empty() && !is_valid_host(host)) return reason::bad_host;
    return target.form == target_form::absolute ? target.authority : host;
}

}  // namespace gate::http
