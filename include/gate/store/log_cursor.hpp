#pragma once
// What the reader of the log asks for next, and what it knows about its history. Pure.
//
// The log may be wiped, fail over to a store that lacks its end, or be set back by somebody who can write to
// it. Then its newest id is lower than one that we have heard: it is another history, and is read from its
// beginning. That is looked at after each read that has brought nothing, and once a second.

#include <gate/auth/fleet.hpp>

#include <optional>

namespace gate::store {

class log_cursor {
public:
    static constexpr core::duration between_looks{1'000};
    // A master that is new may give ids below ours to messages that we have not heard.
    static constexpr std::chrono::milliseconds overlap{10'000};

    struct step {
        enum class kind : std::uint8_t {
            look,   // at the newest id of the log
            read,   // what is after `after`, without waiting
            await,  // the same, and wait for it
        };
        kind action;
        auth::log_position after{};
    };

    // A connection has been opened, or whatever was read is to be read again: from `overlap` before what had
    // been heard when it last had caught up. What is heard before that may not have been used.
    void begin() noexcept;

    step next(core::time_point now) const noexcept;

    // The newest id that the log has ever had; 0-0: there is no log. True: it is another history, nothing of
    // it has been heard.
    bool looked(const auth::log_position& newest, core::time_point now) noexcept;

    // Everything up to `last` has been heard; nothing: there is no more. True: now all has been that was
    // there when it began.
    bool has_read(const std::optional<auth::log_position>& last) noexcept;

    // The newest that has been heard.
    const auth::log_position& position() const noexcept { return position_; }

private:
    auth::log_position position_{};
    auth::log_position told_{};  // the same, but for what was heard while it was catching up
    auth::log_position after_{};
    auth::log_position end_{};  // when it began
    core::time_point looked_at_ = core::time_point::min();
    bool begins_ = true;  // nothing has been read since begin()
    bool must_look_ = true;
    bool is_catching_up_ = true;
};

}  // namespace gate::store
