#pragma once
// The connection that reads the log: opened again each second while it cannot be had, and given up when it
// has been silent for too long. While nothing can be read for some seconds, it says why. Belongs to one
// thread.

#include <gate/store/directory.hpp>
#include <gate/store/log_cursor.hpp>
#include <gate/store/log_replies.hpp>

#include <span>
#include <string>
#include <string_view>

namespace gate::store {

// Told what the log says, on the reader's thread.
class log_listener {
public:
    // A connection is there; or it is another history, of which nothing has been heard.
    virtual void began(bool is_other_history) = 0;
    virtual void took(std::span<const log_entry> entries, const auth::log_position& position) = 0;
    virtual void caught_up() = 0;
    // A key of a wrong type stands in the place of the log; it is deleted.
    virtual void found_no_log() = 0;
    virtual void misunderstood() = 0;
    // Nothing could be read for `patience`: told at each try. `said`: the store's own words, if it had any.
    virtual void unreadable(fault why, std::string_view said) = 0;
    // After that, something has been read.
    virtual void readable() = 0;

protected:
    ~log_listener() = default;
};

class log_reader {
public:
    static constexpr std::chrono::milliseconds wait{250};  // of one XREAD
    static constexpr core::duration longest_silence{750};
    // Of one reply: somebody may have put an entry of 512 MiB into the log, which must be read past.
    static constexpr core::duration longest_reply{10'000};
    static constexpr core::duration patience{3'000};
    // Between two reads that bring few entries or none: a flood is read in portions, and a store that answers
    // a waiting read immediately makes no busy loop.
    static constexpr core::duration pace{2};
    static constexpr core::duration between_connections{1'000};

    // `wheel`, `where` and `listener` outlive it. `key`: of the log.
    log_reader(core::executor executor, net::deadline_wheel& wheel, directory& where, std::string key,
               log_listener& listener);

    void start();
    // Soon it is_stopped(): not before may it be destroyed.
    void stop();
    bool is_stopped() const noexcept { return is_stopped_; }

    // On another connection, where the store may be another one by now, what may have been missed is read
    // again; caught_up() follows.
    void reopen() noexcept;

private:
    core::task<> keep_open();
    core::task<fault> follow();
    core::task<fault> look();
    core::task<fault> read(log_cursor::step step);
    core::task<fault> judge(const reply& answer);
    core::task<link::received> ask(std::string command);
    void note_failure(fault why, core::time_point now);
    void note_success();

    core::executor executor_;
    directory& where_;
    std::string key_;
    log_listener& listener_;
    log_cursor cursor_;
    std::unique_ptr<link> link_;
    core::timer pause_;
    std::size_t brought_ = 0;  // entries, by the last read
    std::string said_;         // by the store, when it last refused
    std::optional<core::time_point> failing_since_{};
    bool is_unreadable_ = false;  // and the listener knows
    bool reopens_ = false;
    bool is_stopping_ = false;
    bool is_stopped_ = true;
};

}  // namespace gate::store
