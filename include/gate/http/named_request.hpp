#pragma once
// A request of which others tell: its method and target stand in fields, or in another target, and no head
// parser has seen them in a request line. They are read as if one had.

#include <gate/http/target.hpp>

#include <cstddef>
#include <string_view>

namespace gate::http {

struct named_request {
    std::string_view method_name;
    method verb = method::other;
    request_target target;
};

// Errors: those of parse_request_head for a request line, and of read_target.
core::result<named_request> read_named_request(std::string_view method_name, std::string_view target,
                                               std::size_t longest_target);

// Whether `host` may stand in a Host field, and is not empty.
bool is_usable_host(std::string_view host) noexcept;

}  // namespace gate::http
