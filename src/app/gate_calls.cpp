#include <gate/app/fleet_seat.hpp>
#include <gate/app/gate_calls.hpp>
#include <gate/client/tls.hpp>
#include <gate/telemetry/build_info.hpp>

#include <iostream>
#include <utility>

namespace gate::app {
namespace {

// What Gate says of a key here says nothing about its scope for verifying: the ring is not told.
core::task<verify::revocation> revoke(core::executor executor, gate_access gate, verify::key_ring& keys,
                                      core::secret_string token, core::time_point deadline) {
    const auto ask_with = [&](const core::secret_string& key) {
        return verify::revoke(executor, gate.options, gate.tls, std::string(telemetry::version()), key, token,
                              deadline);
    };
    const auto best = keys.best();
    const auto tried = best ? *best : core::secret_string();
    auto out = co_await ask_with(tried);
    if (out.reason != core::reason::gate_key_refused) co_return out;
    const auto other = keys.other_than(tried);
    if (!other || other->empty()) co_return out;
    auto second = co_await ask_with(*other);
    const auto calls = out.calls + second.calls;
    // A key of another organization knows none of our tokens.
    if (second.result != verify::revocation_result::unknown_token) out = std::move(second);
    out.calls = calls;
    co_return out;
}

}  // namespace

std::string gate_url_of(const config::gate_options& gate) {
    return (gate.base_url.tls ? "https://" : "http://") + gate.base_url.host + ":" +
           std::to_string(gate.base_url.port) + gate.base_url.path + gate.verify_path;
}

auth::token_hasher make_token_hasher(const auth::process_key& key, const config::config& options) {
    if (options.fleet.is_on()) return auth::token_hasher(fleet_keys_of(options)->name_key());
    return {key, gate_url_of(options.gate), auth::key_id_of(key, options.secret_key)};
}

std::optional<gate_access> access_to(const config::gate_options& gate) {
    if (!gate.base_url.tls) return gate_access{gate, nullptr};
    auto made = client::make_tls_context(gate.ca_file);
    if (made) return gate_access{gate, std::move(*made)};
    std::cerr << "cannot set up TLS to Gate: " << made.error().message() << '\n';
    return std::nullopt;
}

admin_endpoints::revoker make_revoker(core::executor executor, std::function<gate_access()> now,
                                      verify::key_ring& keys) {
    return [executor, now = std::move(now), &keys](core::secret_string token, core::time_point deadline) {
        return revoke(executor, now(), keys, std::move(token), deadline);
    };
}

}  // namespace gate::app
