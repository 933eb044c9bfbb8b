#pragma once
// Tells the fleet: revocations, purges, pauses, blocks, and verdicts that the store has not acknowledged. Of
// the store's thread.

#include "store_access.hpp"

#include <gate/store/outbox.hpp>

#include <functional>

namespace gate::store {

class fleet_sender {
public:
    // `memory`: how long a purge is kept. `put_block` is told of each block that the log has.
    fleet_sender(store_access& on, core::duration memory,
                 std::function<void(const auth::fleet_message&)> put_block)
        : on_(on), memory_(memory), put_block_(std::move(put_block)) {}

    // For purges from now on.
    void keep_purges_for(core::duration memory) noexcept { memory_ = memory; }

    using done_callback = std::function<void(bool)>;
    // `then` may be empty. It is called with true once the store has it; with false when that did not happen
    // by the time for its commands, and it goes on trying.
    void publish(auth::fleet_notice notice, done_callback then);
    void publish_again(const auth::fleet_message& verdict, std::string sealed);

    // After a connect, or when the store has lost something.
    void begin_again() { letters_.begin_again(on_.commands.number()); }

    void send_due(core::time_point now);
    core::time_point next_due() const noexcept { return letters_.next_due(); }

private:
    static constexpr std::size_t most_at_once = 256;

    void send(std::uint64_t letter);
    void ask_time(std::uint64_t letter);
    void send_notice(std::uint64_t letter);
    void send_sealed(std::uint64_t letter, const std::string& sealed, const auth::fleet_message& message);
    void give_up_waiting(std::uint64_t letter);
    std::optional<auth::fleet_message> message_of(outbox::letter& letter) const;
    void date_block(outbox::letter& letter, auth::fleet_message& message) const;

    store_access& on_;
    core::duration memory_;
    std::function<void(const auth::fleet_message&)> put_block_;
    outbox letters_;
};

}  // namespace gate::store
