#pragma once
// The connections that all workers together may have to one upstream (limits.upstream_connections): pool_core
// with a lock, and the way to the other workers. Thread-safe.
//
// The lock is taken to open a connection, to close one and to wait. Who uses an idle connection of its own
// again reads alerts(), which change seldom, and writes a number that others read only while slots are
// scarce.

#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/net/pool_core.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace gate::net {

// What a worker has to heed although it needs nothing of the others.
struct slot_alerts {
    enum : std::uint8_t { somebody_waits = 1, is_scarce = 2, not_all_have_counted = 4, is_exceeded = 8 };
    std::uint8_t bits = 0;

    bool none() const noexcept { return bits == 0; }
    bool has(std::uint8_t some) const noexcept { return (bits & some) != 0; }
};

class connection_slots : public std::enable_shared_from_this<connection_slots> {
public:
    // One worker's part. Each is called on the thread of the executor that it has joined with.
    class member {
    public:
        virtual void look() noexcept = 0;  // counts, offers, then calls has_looked()
        virtual void resume(slot_request& settled) noexcept = 0;

    protected:
        ~member() = default;
    };

    // How many connections one worker has in use. Its worker writes it.
    class alignas(64) leased_count {
    public:
        void set(std::size_t leased) noexcept { value_.store(leased, std::memory_order_relaxed); }

    private:
        friend class connection_slots;
        std::atomic<std::size_t> value_{0};
        leased_count* next_ = nullptr;
    };

    struct place {
        unsigned number;
        leased_count* leased;  // lives as long as the slots
    };
    connection_slots() = default;
    ~connection_slots();
    connection_slots(const connection_slots&) = delete;
    connection_slots& operator=(const connection_slots&) = delete;

    // `one` lives until it leaves, and then holds no slot and waits for none.
    place join(core::executor executor, member& one);
    void leave(const place& whose) noexcept;

    // generation: of the configuration that says so. An older one changes nothing: workers learn of a
    // configuration at different times.
    void configure(std::size_t connections, std::uint64_t generation) noexcept;

    // See pool_core. True: it is settled. Otherwise it belongs to the slots until resume(), or expire() has
    // refused it.
    bool ask(slot_request& one) noexcept;
    pool_core::expiry expire(slot_request& one, core::time_point now) noexcept;
    void release() noexcept;
    // Who gets a connection handed over is granted a slot, and waits for deliver().
    pool_core::offer_result offer() noexcept;
    void deliver(slot_request& to) noexcept;
    void has_looked(const place& whose) noexcept;
    // A granted request goes on: its connection counts among those of its worker.
    void has_resumed() noexcept { granted_.fetch_sub(1, std::memory_order_relaxed); }

    slot_alerts alerts() const noexcept { return {alerts_.load(std::memory_order_relaxed)}; }
    bool is_full() const noexcept;
    // Rule 27: the last ones are for holders of less than their share. For requests that need none of the
    // others' connections; what two workers do in the same moment may not know of each other.
    bool may_lease(const party* holder, slot_alerts now) const noexcept {
        if (holder == nullptr || !now.has(slot_alerts::is_scarce) || !is_crowded()) return true;
        return !now.has(slot_alerts::not_all_have_counted) && !holder->has_its_share();
    }
    // Connections, over all workers.
    std::size_t in_use() const noexcept;

private:
    struct worker {
        core::executor executor;
        member* pool;
    };

    std::size_t leased() const noexcept;
    bool is_crowded() const noexcept { return leased() >= crowded_from_.load(std::memory_order_relaxed); }
    void carry_out() noexcept GATE_REQUIRES(mutex_);
    void tell_to_look(unsigned number) noexcept GATE_REQUIRES(mutex_);
    void post_resume(slot_request& request) noexcept GATE_REQUIRES(mutex_);

    std::atomic<std::uint8_t> alerts_{0};
    std::atomic<std::size_t> crowded_from_{0};
    std::atomic<leased_count*> counts_{nullptr};
    alignas(64) std::atomic<std::size_t> granted_{0};  // to waiters that have not gone on yet
    mutable core::mutex mutex_;
    pool_core core_ GATE_GUARDED_BY(mutex_);
    std::vector<worker> workers_ GATE_GUARDED_BY(mutex_);
    std::uint64_t generation_ GATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace gate::net
