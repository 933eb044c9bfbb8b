#pragma once
// Asks Gate over HTTP, through a pool of kept-alive connections. One for each worker.

#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/verify/key_ring.hpp>

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>

namespace gate::verify {

struct client_options {
    std::string version = "0";  // of this program, for User-Agent
    std::size_t max_idle = 32;  // connections kept for the next call
    core::duration idle_timeout = std::chrono::seconds(30);
    core::duration resolve_again = std::chrono::seconds(30);  // a resolved name is used this long
    // False while Gate wants no calls at all. Asked before all but the first thing that a call sends: on a
    // new connection, which took time to open, and with another key. Empty: always true.
    std::function<bool()> may_call;
};

// Not thread-safe: belongs to the thread of `executor`. Outlives its tasks: destroy it after they have ended,
// or after the io_context has stopped for good.
//
// One retry, on a fresh connection, when a reused one failed before any byte of the response: Gate may just
// have closed it. Asking twice changes nothing at Gate but a counter of the budget, so that it does not
// matter whether the first request was read (rule 23 allows it to an idempotent call). And one more when Gate
// has refused the secret key (401, 403) and the ring holds another one, after the keys were read again if
// need be. A redirect is never followed (rule 15).
class client final : public auth::token_verifier {
public:
    // `keys` outlives the tasks. `tls` is needed when gate.base_url is https. Uses base_url, verify_path,
    // token_field.
    client(core::executor executor, const config::gate_options& gate, key_ring& keys,
           std::shared_ptr<boost::asio::ssl::context> tls, client_options options = {});
    ~client() override;

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
