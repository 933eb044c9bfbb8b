#pragma once
// A way to an echo of this program's own, in place of the upstream, for as long as an operator wants to see
// what becomes of requests on their way here (`doctor --url`). Who knows its nonce may use it without a
// token: nothing can be learnt there but what the request itself holds and which fields the proxies before
// this one have added, by name and length; and nothing of it reaches the upstream.
//
//   <any prefix>/gate-sidecar-echo/<nonce>/refused     is refused like every request without a token
//   <any prefix>/gate-sidecar-echo/<nonce>/<the rest>  is answered by the echo

#include <gate/auth/policy.hpp>
#include <gate/auth/token.hpp>
#include <gate/core/secret_string.hpp>
#include <gate/http/head.hpp>
#include <gate/proxy/snapshot.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gate::proxy {

class echo {
public:
    static constexpr std::string_view segment = "gate-sidecar-echo";
    static constexpr std::size_t nonce_size = 32;  // hex digits: 128 bits
    static constexpr std::string_view refused = "refused";

    // `nonce`: nonce_size characters. `way`: to the server that answers.
    echo(core::secret_string nonce, upstream_place way);

    // Whether a request for `path`, without its query, is for the echo. The time that this takes does not
    // depend on how much of a nonce is right.
    bool is_for(std::string_view path) const;

    // How a request for it is decided. No token is verified. Preconditions: is_for(path).
    const auth::access_policy& policy_for(std::string_view path) const noexcept;
    auth::bearer shown_to(std::string_view path, const auth::bearer& shown) const noexcept;

    const upstream_place& way() const noexcept { return way_; }

private:
    const core::secret_string nonce_;
    const upstream_place way_;
    const auth::access_policy open_;
    const auth::access_policy closed_;
};

// "X-Gate-Removed: X-Gate-Account-Id, x_gate_account_id\r\n": the fields that pretended to be ours, as the
// client has spelt them; empty: there was none. For the echo, which must not see them.
std::string removed_line(const http::request_head& head);

}  // namespace gate::proxy
