#pragma once
// What the three steps of a call, a message and a beat are as calls of scripts, and what their replies mean.
// Pure.

#include <gate/auth/fleet.hpp>
#include <gate/store/fleet_keys.hpp>
#include <gate/store/reply.hpp>
#include <gate/store/scripts.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::store {

// How long messages, and what stands for them, live in the store.
struct log_bounds {
    core::duration life{};  // of a message
    std::size_t messages = 200'000;
    std::chrono::seconds beat{15};
    std::size_t blocks = 10'000;
};

inline constexpr std::chrono::milliseconds lock_life{300};
inline constexpr std::chrono::milliseconds done_life{2'000};

// A script with its keys and arguments.
struct script_call {
    const store::script* script = nullptr;
    std::vector<std::string> keys{};
    std::vector<std::string> arguments{};
};

// The names of all keys.
class key_names {
public:
    explicit key_names(const fleet_keys& keys);

    std::string lock(const auth::token_id& token) const;
    const std::string& log() const noexcept { return log_; }
    const std::string& calls() const noexcept { return calls_; }
    const std::string& known() const noexcept { return known_; }
    const std::string& blocks() const noexcept { return blocks_; }
    const std::string& replicas() const noexcept { return replicas_; }

private:
    std::string lock_;
    std::string log_;
    std::string calls_;
    std::string known_;
    std::string blocks_;
    std::string replicas_;
};

// The value of a lock before it is sealed: who holds it, and since when.
std::string lock_text(std::string_view replica, auth::store_time since);
// Since when it is held; nothing: it is none.
std::optional<auth::store_time> since_in(std::string_view lock_text);

// `owner`: sealed for the lock's key.
script_call begin_call(const key_names& names, const auth::fleet_question& question, std::string owner);
// `lock` of the turn stays 0. Nothing: it is no reply to begin_call.
std::optional<auth::fleet_turn> turn_in(const reply& answer, const fleet_keys& keys,
                                        const std::string& lock_key);

script_call extend_call(std::string lock_key, std::string owner);

// `message`: sealed for the log; empty: none.
script_call finish_call(const key_names& names, const auth::token_id& token, std::string owner,
                        const auth::fleet_result& result, std::chrono::seconds window, std::string message,
                        const log_bounds& bounds);

// `message`: sealed for the log.
script_call release_call(const key_names& names, const auth::token_id& token, std::string owner,
                         std::string message, const log_bounds& bounds);

// `forget`: a token that is known no more.
script_call publish_call(const key_names& names, std::string message,
                         const std::optional<auth::token_id>& forget, const log_bounds& bounds);

script_call beat_call(const key_names& names, std::string_view replica, const log_bounds& bounds);
struct beat {
    auth::store_time at;
    bool was_known = false;
    unsigned replicas = 1;
};
std::optional<beat> beat_in(const reply& answer);

// What a script has healed, as its reply says.
struct healed {
    unsigned types = 0;   // keys of a wrong type
    unsigned sizes = 0;   // values that were too large
    unsigned counts = 0;  // fields of the counters that count nothing
};
healed healed_in(const reply& answer);

// The time that the reply of a script begins with. Nothing: it has none that can be.
std::optional<auth::store_time> time_in(const reply& answer);
// The reply to TIME.
std::optional<auth::store_time> clock_in(const reply& answer);

}  // namespace gate::store
