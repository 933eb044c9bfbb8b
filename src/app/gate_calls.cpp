#include <gate/app/gate_calls.hpp>
#include <gate/telemetry/build_info.hpp>

namespace gate::app {
namespace {

std::string gate_url_of(const config::gate_options& gate) {
    return (gate.base_url.tls ? "https://" : "http://") + gate.base_url.host + ":" +
           std::to_string(gate.base_url.port) + gate.base_url.path + gate.verify_path;
}

}  // namespace

auth::token_hasher make_token_hasher(const auth::process_key& key, const config::config& options) {
    return {key, gate_url_of(options.gate), auth::key_id_of(key, options.secret_key)};
}

admin_endpoints::revoker make_revoker(core::executor executor, const config::gate_options& gate,
                                      std::shared_ptr<boost::asio::ssl::context> tls,
                                      verify::key_ring& keys) {
    return
        [executor, gate, tls = std::move(tls), &keys](core::secret_string token, core::time_point deadline) {
            const auto key = keys.best();
            return verify::revoke(executor, gate, tls, std::string(telemetry::version()),
                                  key ? *key : core::secret_string(), std::move(token), deadline);
        };
}

}  // namespace gate::app
