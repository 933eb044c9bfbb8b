#include "host.hpp"
#include "methods.hpp"
#include "scan.hpp"

#include <gate/http/named_request.hpp>

namespace gate::http {

using core::reason;

core::result<named_request> read_named_request(std::string_view method_name, std::string_view target,
                                               std::size_t longest_target) {
    if (!is_token(method_name) || method_name.size() > longest_method) return reason::bad_request_line;
    const char* const end = target.data() + target.size();
    if (target.empty() || find_target_end(target.data(), end) != end) return reason::bad_target;
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
