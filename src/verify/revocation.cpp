#include <gate/verify/gate_verifier.hpp>
#include <gate/verify/revocation.hpp>

namespace gate::verify {

revocation read_revocation(const auth::verification& answer) {
    revocation out;
    out.status = answer.status;
    out.calls = answer.calls;
    out.retry_after = answer.retry_after;
    out.request_id = answer.request_id;
    out.detail = answer.detail;
    out.reason = answer.reason;
    if (answer.status == 204) {
        out.result = revocation_result::revoked;
        out.reason = core::reason::token_revoked;
    } else if (answer.status == 404 && answer.reason == core::reason::gate_form_refused) {
        out.result = revocation_result::unknown_token;
        out.reason = core::reason::token_invalid;
    } else if (answer.verdict != auth::verdict::unavailable) {
        out.reason = core::reason::gate_bad_answer;
        out.detail = "an answer to another call";
    }
    return out;
}

core::task<revocation> revoke(core::executor executor, config::gate_options gate,
                              std::shared_ptr<boost::asio::ssl::context> tls, std::string version,
                              core::secret_string secret_key, core::secret_string token,
                              core::time_point deadline) {
    gate.verify_path = gate.revoke_path;
    key_ring keys(std::move(secret_key));
    verifier_options options;
    options.version = std::move(version);
    options.connections.max_idle = 0;
    gate_verifier asking(executor, gate, keys, std::move(tls), std::move(options));
    const auto answer = co_await asking.verify(std::move(token), deadline);
    co_return read_revocation(answer);
}

}  // namespace gate::verify
