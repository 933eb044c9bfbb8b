#pragma once
// One replica of a fleet for tests: a fleet_log, and a listener that writes down what it is told.

#include "real_store.hpp"

#include <gate/store/fleet_log.hpp>

#include <condition_variable>
#include <functional>
#include <loop.hpp>
#include <mutex>
#include <vector>

namespace gate::test {

class recording_listener final : public auth::fleet_listener {
public:
    void connected() override;
    void caught_up() override;
    void away() override;
    void sampled(const auth::clock_sample& sample) override;
    std::optional<auth::store_time> to_store(core::time_point when) const override;
    bool heard(const auth::fleet_message& message) override;
    void reached(const auth::log_position& where) override;
    auth::log_position position() const override;
    std::vector<auth::fleet_message> blocks() const override;
    void rejected(auth::fleet_defect what) override;

    // Everything that has been heard, the same messages once.
    std::vector<auth::fleet_message> messages() const;
    std::size_t times_heard(const auth::fleet_message& message) const;
    unsigned rejections(auth::fleet_defect what) const;
    unsigned connections() const;
    bool has_caught_up() const;
    unsigned times_away() const;
    void set_blocks(std::vector<auth::fleet_message> blocks);

private:
    mutable std::mutex mutex_;
    std::vector<auth::fleet_message> heard_;
    std::vector<auth::fleet_message> blocks_;
    std::array<unsigned, static_cast<std::size_t>(auth::fleet_defect::count_)> rejected_{};
    std::optional<auth::store_span> offset_;
    auth::log_position position_{};
    unsigned connections_ = 0;
    unsigned away_ = 0;
    bool has_caught_up_ = false;
};

const store::fleet_keys& fleet_keys_of_test();

struct replica {
    explicit replica(const store::fleet_log_options& options,
                     const store::fleet_keys& keys = fleet_keys_of_test());

    // Waits until it is so, for thirty seconds.
    void until(const std::function<bool()>& is_so);
    void until_there();

    auth::fleet_turn begin(const auth::token_id& token, auth::log_position seen = {},
                           std::string ignored = {}, unsigned budget = 100);
    bool publish(auth::fleet_notice notice);
    // A call to Gate that was answered with yes.
    void finish(const auth::fleet_turn& turn);

    recording_listener listener;
    loop here;
    store::fleet_log log;
};

// Whether a message of that kind about that token has arrived.
bool has_heard(const replica& by, auth::fleet_kind what, const std::optional<auth::token_id>& token);

// Everything that the store is used for, between the two.
void exercise(replica& a, replica& b);

store::fleet_log_options options_for(const redis_server& server);
store::fleet_log_options options_for(const std::string& url);

auth::token_id token_named(std::string_view name);
auth::fleet_notice revocation_of(const auth::token_id& token);

}  // namespace gate::test
