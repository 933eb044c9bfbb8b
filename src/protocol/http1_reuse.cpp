#include <gate/core/text.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/protocol/http1_reuse.hpp>

namespace gate::protocol {
namespace {

using http::field_id;

// Anywhere among the challenges: their grammar is not worth parsing, and a connection less to reuse no loss.
bool names_scheme(std::string_view challenges, std::string_view scheme) noexcept {
    for (std::size_t at = 0; at + scheme.size() <= challenges.size(); ++at) {
        if (core::iequals(challenges.substr(at, scheme.size()), scheme)) return true;
    }
    return false;
}

// The answer to HEAD, a 204 or a 304 has no body, and may yet tell of one. There are upstreams that send it
// all the same, a moment later: it would be the beginning of the next response.
bool announces_missing_body(const response& what) noexcept {
    if (what.framing.kind != http::body_kind::none) return false;
    if (what.head.has(field_id::transfer_encoding)) return true;
    const auto* length = what.head.find(field_id::content_length);
    return length != nullptr && length->value != "0";
}

// The connection stands for the user who was authenticated on it.
template <class Head>
bool is_bound_to_a_user(const Head& head, field_id by) noexcept {
    if (!head.has(by)) return false;
    for (const auto& field : head.fields) {
        if (field.id != by) continue;
        if (names_scheme(field.value, "NTLM") || names_scheme(field.value, "Negotiate")) return true;
    }
    return false;
}

}  // namespace

bool names_a_user(const http::request_head& head) noexcept {
    return is_bound_to_a_user(head, field_id::authorization);
}

bool may_follow(const response& what, bool by_user) noexcept {
    const bool bound = by_user || is_bound_to_a_user(what.head, field_id::www_authenticate);
    return !bound && !announces_missing_body(what) && what.framing.kind != http::body_kind::until_close &&
           http::is_persistent(what.head.minor, what.connection);
}

}  // namespace gate::protocol
