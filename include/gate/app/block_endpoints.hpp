#pragma once
// Blocked accounts on the admin listener, with the admin token:
//
//   POST /block    {"account": "gacct_...", "for": "1h"}  200 {"blocked": true, "account", "until"}, once
//                  nothing runs for the account any more (rule 29). Without "for" until somebody
//                  unblocks it or the program ends; with it 1s to 365 days. 409: too many are blocked
//   POST /unblock  {"account": "gacct_..."}               200; 404: not blocked here; 409: the file blocks it
//   GET /block                                            200 {"blocked": [{"account", "source", "until"}]}
//
// Its tokens stay valid at Gate. What is blocked here is forgotten at a restart; auth.blocked_accounts_file
// is not. In a fleet a block or its end is every replica's, outlives them all, and an answer with "fleet":
// "pending" says that the store has not taken it yet.

#include <gate/app/admin_access.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>
#include <gate/telemetry/event_log.hpp>

#include <functional>
#include <string>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class block_endpoints {
public:
    // Ends when nothing runs any more for an account that had been blocked before. Called on the control
    // thread.
    using stream_ender = std::function<core::task<>()>;

    static constexpr core::duration longest = std::chrono::hours(24 * 365);

    // `tokens` and `events` outlive this object.
    block_endpoints(const core::executor& control, current_options now, auth::shared_state& tokens,
                    stream_ender end_streams, const telemetry::event_log& events)
        : access_(std::move(now)),
          control_(control),
          tokens_(tokens),
          blocked_(tokens.blocked),
          end_streams_(std::move(end_streams)),
          events_(events),
          next_end_(control) {}

    void add_to(operating_server& admin);

private:
    using answering = operating_server::answering;

    void block(const endpoint_request& request, const answering& done);
    void unblock(const endpoint_request& request, const answering& done);
    core::task<> answer_block(answering done, std::string account, core::time_point until, bool was_longer);
    core::task<> answer_unblock(answering done, std::string account);
    core::task<bool> tell_fleet(std::string account, core::time_point until);
    endpoint_reply list() const;
    endpoint_reply refusal(unsigned status, std::string_view code, std::string_view message);
    void wait_for_next_end();
    void end_terms();

    admin_access access_;
    core::executor control_;
    auth::shared_state& tokens_;
    auth::blocked_accounts& blocked_;
    const stream_ender end_streams_;
    const telemetry::event_log& events_;
    http::request_id_source ids_;
    core::timer next_end_;
    unsigned turn_ = 0;  // of the timer: what was waited for before does not count
};

}  // namespace gate::app
