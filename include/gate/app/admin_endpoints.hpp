#pragma once
// What operators can change while the program runs: revoke a token, forget what the cache knows. On the admin
// listener alone, and only with the admin token (rule 18): a Pod shares its loopback, so a
// request forged in the protected application reaches this listener too.
//
//   POST /revoke  {"agent_token": "agt_..."}  200 {"revoked": true, "known_to_gate": true}
//   POST /purge   {"fingerprint": "<12 hex>"} or {"account_id": "gacct_..."} or {"all": true}
//                                             200 {"purged": 1}
//
// Errors have the envelope of http/reply. Without an admin token in the configuration: 403; without the right
// one in the request: 401.

#include <gate/app/admin_access.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/core/task.hpp>
#include <gate/http/request_id.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/verify/revocation.hpp>

#include <array>
#include <atomic>
#include <functional>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::app {

// Belongs to the control thread, but for the metrics. Outlives the requests that it serves.
class admin_endpoints {
public:
    // How Gate is asked to revoke; ends by `deadline`. Called on the control thread.
    using revoker =
        std::function<core::task<verify::revocation>(core::secret_string token, core::time_point deadline)>;

    // Ends when nothing runs any more for a token that had been revoked before. Called on the control thread.
    using stream_ender = std::function<core::task<>()>;

    static constexpr unsigned max_revocations = 8;  // simultaneously; further ones are told to retry

    // `tokens` and `events` outlive this object. `hasher` must make the keys that the workers'
    // make.
    admin_endpoints(const current_options& now, auth::shared_state& tokens, auth::token_hasher hasher,
                    revoker ask_gate, stream_ender end_streams, const telemetry::event_log& events,
                    core::executor control);

    void add_to(operating_server& admin);

    // gate_revocations_total{result}. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

private:
    enum class result : std::uint8_t { revoked, unknown_token, failed, count_ };
    using answering = operating_server::answering;

    void revoke(const endpoint_request& request, const answering& done);
    void purge(const endpoint_request& request, const answering& done);
    core::task<> revoke_at_gate(core::secret_string token, answering done);
    void note_rate_limit(std::chrono::seconds retry_after);
    // `is_known`: to the whole fleet, or there is none.
    endpoint_reply conclude(const verify::revocation& came_to, const std::string& fingerprint, bool is_known);
    endpoint_reply not_revoked_at_gate(core::reason why, std::chrono::seconds retry_after,
                                       std::string_view detail, bool is_known);
    core::task<> purge_everywhere(auth::purge_scope::kind extent, std::string name, std::size_t count,
                                  answering done);
    void count(result what) noexcept;

    const current_options now_;
    admin_access access_;
    auth::shared_state& tokens_;
    auth::token_hasher hasher_;
    revoker ask_gate_;
    stream_ender end_streams_;
    const telemetry::event_log& events_;
    core::executor control_;
    http::request_id_source ids_;
    unsigned under_way_ = 0;
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(result::count_)> results_{};
};

}  // namespace gate::app
