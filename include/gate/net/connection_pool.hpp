#pragma once
// Connections of one worker to the upstream: kept open between requests, watched while idle, bounded in
// number. Not thread-safe: belongs to its worker.

#include <gate/config/config.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/connector.hpp>
#include <gate/net/waiting_line.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace gate::net {

struct pool_options {
    std::size_t max_connections;  // idle and leased together
    core::duration idle_timeout;  // 0: nothing is kept
    core::duration connect_timeout;
    core::duration wait;  // for a connection to come free
};

// Told how many connections there are.
class pool_gauges {
public:
    virtual ~pool_gauges() = default;
    virtual void set(std::size_t idle, std::size_t leased) noexcept = 0;
};

class connection_pool {
    struct connection {
        connection_pool& pool;
        std::unique_ptr<stream> bytes;
        core::time_point idle_until{};
        readiness::moment parked_at = 0;

        // Whether it is known what the upstream had sent behind its last response: the event loop has asked.
        bool has_settled() const noexcept { return readiness::has_looked_since(parked_at); }

        // Whatever happens on a connection while it is idle (data nobody asked for, an end, an error, or
        // nothing for too long) ends it.
        static void on_event(void* self, wait_status);
    };

public:
    // Where the upstream is; asked anew for each connection. May return null while the name is not resolved.
    using address_source = std::function<std::shared_ptr<const address_list>()>;

    // `gauges`, if any, outlives this object.
    connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                    address_source where, pool_gauges* gauges = nullptr);
    ~connection_pool();
    connection_pool(const connection_pool&) = delete;
    connection_pool& operator=(const connection_pool&) = delete;

    // A connection in use. Its end closes the connection; only give_back() keeps it.
    class lease {
    public:
        lease() = default;
        lease(lease&& other) noexcept;
        lease& operator=(lease&& other) noexcept;
        ~lease() { drop(); }

        explicit operator bool() const noexcept { return connection_ != nullptr; }
        stream& operator*() const noexcept;
        stream* operator->() const noexcept { return &**this; }
        bool is_reused() const noexcept { return reused_; }

        // `now`: from when on it is idle.
        void give_back(core::time_point now = core::clock::now());
        void drop() noexcept;

    private:
        friend class connection_pool;
        lease(connection_pool& pool, std::unique_ptr<connection> leased, bool reused, party* who) noexcept;

        connection_pool* pool_ = nullptr;
        party* who_ = nullptr;
        std::unique_ptr<connection> connection_;
        bool reused_ = false;
    };

    enum class preference : std::uint8_t { any, fresh };

    // An idle connection if there is one that `who` may have, without waiting; empty otherwise. `who`, if
    // any, outlives the lease, and holds one connection more until it ends.
    lease lease_idle(party* who = nullptr) noexcept;

    // An idle connection (unless a fresh one is asked for), or a new one. Errors: those of connect,
    // upstream_busy when none came free in time, and upstream_share_exceeded when few are left and `who` has
    // its share already (rule 27), unless it asks for a fresh one in place of one that it had.
    core::task<core::result<lease>> lease_connection(preference which, party* who = nullptr);

    // Other limits from now on: connections in use stay, idle ones beyond the limit are closed.
    void configure(const pool_options& options) noexcept;

    // Closes idle connections and keeps none from now on.
    void drain() noexcept;

    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t leased() const noexcept { return leased_; }

private:
    struct waiter;
    class slot_wait;

    static bool is_clean(connection& candidate) noexcept;
    // Rule 27: the last ones are for those who hold less than their share. Those of this worker count,
    // because it is them that its next request needs.
    bool may_lease(const party* who) const noexcept {
        const bool is_crowded = leased_ >= crowded_from_;
        return !is_crowded || who == nullptr || !who->has_its_share();
    }
    lease take_idle(party* who) noexcept;
    std::size_t best_idle() const noexcept;
    void park(std::unique_ptr<connection> connection, core::time_point now);
    void unpark(connection* which) noexcept;
    void release_slot() noexcept;
    waiter* next_waiter() noexcept;
    void grant(waiter& next) noexcept;
    void report() noexcept {
        if (gauges_ != nullptr) gauges_->set(idle_.size(), leased_);
    }

    core::executor executor_;
    deadline_wheel& wheel_;
    pool_options options_;
    address_source where_;
    pool_gauges* gauges_;
    std::size_t crowded_from_;
    std::vector<std::unique_ptr<connection>> idle_;  // the last one given back is used first
    waiting_line waiters_;
    std::size_t leased_ = 0;   // or being opened, or granted to one who waits
    std::size_t granted_ = 0;  // to those who have not resumed yet
    bool draining_ = false;
};

}  // namespace gate::net
