#include "chars.hpp"
#include "host.hpp"
#include "methods.hpp"

#include <gate/http/named_request.hpp>

#include <algorithm>

namespace gate::http {

using core::reason;

namespace {

// The bytes at which the target of a request line ends, or which make it malformed.
bool is_target_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '#';
}

}  // namespace

core::result<named_request> read_named_request(std::string_view method_name, std::string_view target,
                                               std::size_t longest_target) {
    if (!is_token(method_name) || method_name.size() > longest_method) return reason::bad_request_line;
    if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_byte))
        return reason::bad_target;
    if (target.size() > longest_target) return reason::target_too_long;
    request_head line;
    line.method_name = method_name;
    line.verb = method_of(method_name);
    line.target = target;
    const auto read = read_target(line);
    if (!read) return read.error();
    return named_request{method_name, line.verb, *read};
}

bool is_usable_host(std::string_view host) noexcept {
    return !host.empty() && is_valid_host(host);
}

}  // namespace gate::http
