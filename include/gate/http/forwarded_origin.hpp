#pragma once
// What a trusted proxy says of the request that came to it: X-Forwarded-Proto and X-Forwarded-Host. A field
// that comes twice says nothing. Pure; allocates nothing.

#include <gate/core/text.hpp>
#include <gate/http/head.hpp>

#include <string_view>

namespace gate::http {

// "http" or "https"; `otherwise`: it says neither. Precondition: who has sent `head` is trusted.
inline std::string_view forwarded_scheme(const request_head& head, std::string_view otherwise) noexcept {
    if (head.count(field_id::x_forwarded_proto) != 1) return otherwise;
    const auto said = head.find(field_id::x_forwarded_proto)->value;
    if (core::iequals(said, "https")) return "https";
    return core::iequals(said, "http") ? "http" : otherwise;
}

// As it stands there; empty: it says none. Precondition: as above.
inline std::string_view forwarded_host(const request_head& head) noexcept {
    return head.count(field_id::x_forwarded_host) == 1 ? head.find(field_id::x_forwarded_host)->value
                                                       : std::string_view();
}

}  // namespace gate::http
