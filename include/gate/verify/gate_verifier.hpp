#pragma once
// Asks Gate about tokens. One for each worker.

#include <gate/auth/token_verifier.hpp>
#include <gate/client/http_client.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/verify/key_ring.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gate::verify {

struct verifier_options {
    std::string version = "0";  // of this program, for User-Agent
    // may_send: also asked before a call is made again with another key.
    client::client_options connections;
};

// Not thread-safe: belongs to the thread of `executor`. Outlives its tasks: destroy it after they have ended,
// or after the io_context has stopped for good.
//
// Asking twice, as client::http_client does where a reused connection failed, changes nothing at Gate but a
// counter of the budget (rule 23 allows it to an idempotent call). One more call is made when Gate has
// refused the secret key (401, 403) and the ring holds another one, after the keys were read again if need
// be. A redirect is never followed (rule 15).
class gate_verifier final : public auth::token_verifier {
public:
    // `keys` outlives the tasks. `tls` is needed when gate.base_url is https. Uses base_url, verify_path,
    // token_field.
    gate_verifier(core::executor executor, const config::gate_options& gate, key_ring& keys,
                  std::shared_ptr<boost::asio::ssl::context> tls, verifier_options options = {});
    ~gate_verifier() override;

    // Calls that begin from now on use these; gate.base_url must be the same. Connections under another `tls`
    // are used to the end of their call, and not again.
    void configure(const config::gate_options& gate, std::shared_ptr<boost::asio::ssl::context> tls);

    // The whole call ends by `deadline`: resolution, connection, handshake, exchange. Never throws for what a
    // network or Gate does: the reasons are gate_unreachable, gate_timeout and those of decode().
    core::task<auth::verification> verify(core::secret_string token, core::time_point deadline,
                                          auth::attempt which = auth::attempt::first) override;

    // Closes the idle connections, and soon those of the calls under way, which end as if their time had
    // come; new calls fail. For the end of the program.
    void close();

    std::size_t idle_connections() const noexcept;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace gate::verify
