#include <gate/proxy/exchange.hpp>
#include <gate/proxy/proxy_door.hpp>

#include <new>

namespace gate::proxy {

// The frames of coroutines, which an exchange is taken from, are aligned like that.
static_assert(alignof(exchange) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

bool proxy_door::trusts(const net::remote& peer) const {
    const auto& trusted = resources_.current->shared->trusted;
    return !trusted.empty() && trusted.contains(peer);
}

protocol::certificate_rules certificate_rules_of(const config::config& options,
                                                 std::size_t listener) noexcept {
    const auto& tls = options.listener_at(listener).tls;
    return {.client_names = tls.client_names,
            .client_auth = tls.client_auth,
            .tells_upstream = options.forwarded.client_cert == config::client_cert_field::set};
}

protocol::certificate_rules proxy_door::rules_for_certificates(const protocol::entrance& by) const noexcept {
    return certificate_rules_of(resources_.current->shared->options, by.listener);
}

std::unique_ptr<protocol::carried_exchange> proxy_door::begin(protocol::inbound& asking,
                                                              const protocol::peer& from,
                                                              core::time_point started,
                                                              core::time_point head_came) {
    return std::make_unique<exchange>(resources_, *resources_.current, asking, from, started, head_came);
}

}  // namespace gate::proxy
