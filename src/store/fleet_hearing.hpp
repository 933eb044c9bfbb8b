#pragma once
// What the fleet's log says: unsealed, understood, and passed on to the listener. Of the store's thread.

#include "store_access.hpp"
#include "store_notes.hpp"

#include <gate/store/log_reader.hpp>

#include <functional>

namespace gate::store {

class fleet_hearing final : private log_listener {
public:
    struct callbacks {
        std::function<void()> connected;  // or another history: the log may lack what it had
        std::function<void()> read;       // all that was in the log when the connection was made
        std::function<void(fault why, std::string_view said)> unreadable;  // for some seconds: at each try
        std::function<void()> readable;                                    // again
    };
    // All references outlive it.
    fleet_hearing(store_access& on, core::executor executor, net::deadline_wheel& wheel, directory& where,
                  store_notes& notes, callbacks told);

    // The store is there. After a new connection what may have been missed is read again.
    void follow(bool is_new_connection);
    // Soon it is_stopped().
    void stop() { reader_.stop(); }
    bool is_stopped() const noexcept { return reader_.is_stopped(); }

    bool has_read_all() const noexcept { return has_read_all_; }

private:
    void began(bool is_other_history) override;
    void took(std::span<const log_entry> entries, const auth::log_position& position) override;
    void caught_up() override;
    void found_no_log() override;
    void misunderstood() override;
    void unreadable(fault why, std::string_view said) override { told_.unreadable(why, said); }
    void readable() override { told_.readable(); }

    void hear(const log_entry& entry, fleet_keys::opener& with);
    void note_lag(const auth::log_position& newest);
    void remove(const auth::log_position& entry);

    store_access& on_;
    store_notes& notes_;
    callbacks told_;
    log_reader reader_;
    bool has_read_all_ = false;
    bool is_following_ = false;
};

}  // namespace gate::store
