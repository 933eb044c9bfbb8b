#pragma once
// How a worker decides about tokens: its connections to Gate, and the authenticator that asks over them.

#include <gate/app/shared_parts.hpp>
#include <gate/app/worker_settings.hpp>
#include <gate/auth/authenticator.hpp>

#include <memory>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class token_checks {
public:
    // `parts` outlives this object, and `executor` whatever is under way in it.
    token_checks(core::executor executor, const shared_parts& parts, const worker_settings& settings,
                 telemetry::worker_metrics& metrics);
    ~token_checks();
    token_checks(const token_checks&) = delete;
    token_checks& operator=(const token_checks&) = delete;

    void configure(const worker_settings& settings);

    auth::token_hasher& hasher() noexcept { return hasher_; }
    auth::authenticator& authenticator() noexcept { return authenticator_; }

    // Ends the calls to Gate.
    void close();
    // Ends when no verification is under way any more, or at `until`.
    core::task<> wait_until_quiet(core::time_point until);

private:
    class measured_verifier;

    core::executor executor_;
    auth::token_hasher hasher_;
    std::unique_ptr<measured_verifier> verifier_;
    auth::authenticator authenticator_;
};

}  // namespace gate::app
