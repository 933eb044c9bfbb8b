#pragma once
// Connections of one worker to the upstream: kept open between requests, watched while idle, bounded in
// number. Not thread-safe: belongs to its worker.

#include <gate/config/config.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/connector.hpp>

#include <deque>
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
        lease(connection_pool& pool, std::unique_ptr<connection> leased, bool reused) noexcept;

        connection_pool* pool_ = nullptr;
        std::unique_ptr<connection> connection_;
        bool reused_ = false;
    };

    enum class preference : std::uint8_t { any, fresh };

    // An idle connection if there is one, without waiting; empty otherwise.
    lease lease_idle() noexcept;

    // An idle connection (unless a fresh one is asked for), or a new one. Errors: those of connect, and
    // upstream_busy when none came free in time.
    core::task<core::result<lease>> lease_connection(preference which);

    // Closes idle connections and keeps none from now on.
    void drain() noexcept;

    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t leased() const noexcept { return leased_; }

private:
    struct waiter;
    class slot_wait;

    static bool is_clean(connection& candidate) noexcept;
    lease take_idle() noexcept;
    std::size_t best_idle() const noexcept;
    void park(std::unique_ptr<connection> connection, core::time_point now);
    void unpark(connection* which) noexcept;
    void release_slot() noexcept;
    void report() noexcept {
        if (gauges_ != nullptr) gauges_->set(idle_.size(), leased_);
    }

    core::executor executor_;
    deadline_wheel& wheel_;
    pool_options options_;
    address_source where_;
    pool_gauges* gauges_;
    std::vector<std::unique_ptr<connection>> idle_;  // the last one given back is used first
    std::deque<waiter*> waiters_;
    std::size_t leased_ = 0;   // or being opened, or granted to one who waits
    std::size_t granted_ = 0;  // to those who have not resumed yet
    bool draining_ = false;
};

}  // namespace gate::net
