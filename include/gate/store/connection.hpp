#pragma once
// The one pipelined connection for the commands of this process: opened again each second while the store is
// away, and there only after a write of ours has been acknowledged on it. Nobody waits for it longer than the
// deadline of the command. Belongs to one thread.

#include <gate/store/command_queue.hpp>
#include <gate/store/directory.hpp>
#include <gate/store/presence.hpp>
#include <gate/store/scripts.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gate::store {

// Told what happens to the connection, on its thread.
class connection_user {
public:
    // A command that writes: the store is there when it is acknowledged in time.
    virtual std::string probe() = 0;
    // Its reply, in time and no error. False: it is none to the probe.
    virtual bool probed(const command_outcome& outcome) = 0;
    // The store is there; on a new connection, or again on the one of before.
    virtual void appeared(bool is_new) = 0;
    // The store is away. `said`: its own words, if it had any.
    virtual void disappeared(fault why, std::string_view said) = 0;
    virtual void was_late() = 0;
    // A command has failed because our keys are on their way to another node of the cluster.
    virtual void keys_move() = 0;
    // It cannot be reached, or not be used: told at each try.
    virtual void could_not_connect(fault why, std::string_view said) = 0;

protected:
    ~connection_user() = default;
};

class connection {
public:
    // How long opening takes at most, and how long an open one may be silent while a reply is due.
    static constexpr core::duration patience{1'000};

    // `wheel`, `where` and `user` outlive it. `timeout`: for the probe.
    connection(core::executor executor, net::deadline_wheel& wheel, directory& where, connection_user& user,
               core::duration timeout);

    void start();
    // Soon it is_stopped(): not before may it be destroyed.
    void stop();
    bool is_stopped() const noexcept { return is_stopped_; }

    // `then` is called exactly once: by `deadline`, or before this returns where the store is away.
    void send(std::string_view command, core::time_point deadline, command_callback then);
    // EVALSHA, and EVAL where the store does not know the script. `keys` and `arguments` are read before
    // this returns.
    void run(const script& what, std::span<const std::string_view> keys,
             std::span<const std::string_view> arguments, core::time_point deadline, command_callback then);

    bool is_there() const noexcept { return presence_.is_there(); }
    // Of the connection, as a number that none before had.
    std::uint64_t number() const noexcept { return number_; }

private:
    core::task<> keep_open();
    core::task<fault> take_replies(std::string& said);
    core::task<> pause();
    void put(std::string_view command, core::time_point deadline, command_callback&& then);
    void flush();
    static void on_writable(void* self, net::wait_status status);
    void send_probe();
    void take_probe(const command_outcome& outcome);
    void take_outcome(const command_outcome& outcome);
    void lose(fault why, std::string_view said);
    void fail_all(fault why);
    void arm();
    void on_time();

    core::executor executor_;
    directory& where_;
    connection_user& user_;
    core::duration timeout_;
    presence presence_;
    command_queue commands_;
    std::unique_ptr<link> link_;
    std::string unsent_;
    core::timer alarm_;  // for the commands' deadlines and the probe
    core::timer pause_;  // between two connections
    core::time_point alarm_at_ = core::never;
    std::uint64_t number_ = 0;
    unsigned followed_ = 0;    // redirections in a row
    bool is_new_ = false;      // nothing has been acknowledged on it
    bool follows_ = false;     // it has ended because another place is known
    bool is_probing_ = false;  // a probe is under way
    bool waits_to_write_ = false;
    bool is_stopping_ = false;
    bool is_stopped_ = true;
};

}  // namespace gate::store
