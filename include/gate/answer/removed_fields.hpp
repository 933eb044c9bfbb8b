#pragma once
// Which fields of the original request must not go further, in the form that Envoy obeys:
// x-envoy-auth-headers-to-remove. Other proxies are told in their configuration.

#include <gate/http/head.hpp>

#include <span>
#include <string>
#include <string_view>

namespace gate::answer {

struct removal {
    bool authorization = false;             // it holds an agent token that must not go on
    std::span<const std::string_view> set;  // identity fields that our answer sets: the proxy overwrites them
    std::span<const std::string_view> ours;  // all names of ours: removed where they are not set
};

// Appends the names, with ", " between them: `authorization`, each field of `asking` that is an identity
// field in any spelling (rule 1) and that is not set, and each of `ours` that is not set. No name comes
// twice. Appends nothing if there is none.
void append_removed_fields(const http::request_head& asking, const removal& what, std::string& out);

}  // namespace gate::answer
