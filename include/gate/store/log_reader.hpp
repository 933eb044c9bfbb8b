#pragma once
// The connection that reads the log: opened again each second while it cannot be had, and given up when it
// has been silent for too long. Belongs to one thread.

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

protected:
    ~log_listener() = default;
};

class log_reader {
public:
    static constexpr std::chrono::milliseconds wait{250};  // of one XREAD
    static constexpr core::duration longest_silence{750};
    // Between two reads that bring few entries each: a flood is read in portions.
    static constexpr core::duration pace{2};
    static constexpr core::duration between_connections{1'000};

    // `wheel`, `where` and `listener` outlive it. `key`: of the log.
    log_reader(core::executor executor, net::deadline_wheel& wheel, directory& where, std::string key,
               log_listener& listener);

    void start();
    // Soon it is_stopped(): not before may it be destroyed.
    void stop();
    bool is_stopped() const noexcept { return is_stopped_; }

    // Read again what may have been missed; caught_up() follows.
    void rewind() noexcept { cursor_.begin(); }

private:
    core::task<> keep_open();
    core::task<fault> follow();
    core::task<fault> look();
    core::task<fault> read(log_cursor::step step);
    core::task<fault> judge(const reply& answer);

    core::executor executor_;
    directory& where_;
    std::string key_;
    log_listener& listener_;
    log_cursor cursor_;
    std::unique_ptr<link> link_;
    core::timer pause_;
    std::size_t brought_ = 0;  // entries, by the last read
    bool is_stopping_ = false;
    bool is_stopped_ = true;
};

}  // namespace gate::store
