#pragma once
// Connections of one worker to the upstream: kept open between requests, watched while idle, and handed to
// another worker that needs one when no more may be opened. Their number over all workers is bounded by
// connection_slots. Not thread-safe: belongs to its worker.

#include <gate/config/config.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/connection_slots.hpp>
#include <gate/net/connector.hpp>
#include <gate/net/known_addresses.hpp>
#include <gate/net/upstream_tls.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace gate::net {

struct pool_options {
    std::size_t max_connections;  // idle and leased together, over all workers
    core::duration idle_timeout;  // 0: nothing is kept
    core::duration connect_timeout;
    core::duration wait;           // for a connection to come free
    std::uint64_t generation = 0;  // of the configuration: max_connections of an older one is not used
};

// Told how many connections there are.
class pool_gauges {
public:
    virtual ~pool_gauges() = default;
    virtual void set(std::size_t idle, std::size_t leased) noexcept = 0;
};

// Counts holders that it has not counted when they took a connection (rule 27), once that matters.
class party_counter {
public:
    virtual void count_all() noexcept = 0;

protected:
    ~party_counter() = default;
};

class connection_pool final : private connection_slots::member {
    struct connection {
        connection_pool& pool;
        std::unique_ptr<stream> bytes;
        core::time_point idle_until{};
        readiness::moment parked_at = 0;
        std::uint32_t changes = 0;  // of the way to the upstream, before it was opened

        // Whether it is known what the upstream had sent after its last response: the event loop has asked.
        bool has_settled() const noexcept { return readiness::has_looked_since(parked_at); }

        // Whatever happens on a connection while it is idle (unexpected data, an end, an error, or
        // nothing for too long) ends it.
        static void on_event(void* self, wait_status);
    };

public:
    // Where the upstream is; asked anew for each connection. Connections wait for the first answer, at most
    // connect_timeout.
    using address_source = known_addresses::source;

    // What it has in common with the pools of other workers, and whom it tells; what is null is not there.
    // `gauges`, `parties` and `insecure` outlive this object.
    struct surroundings {
        std::shared_ptr<connection_slots> slots{};
        pool_gauges* gauges = nullptr;
        party_counter* parties = nullptr;
        tls_failures* insecure = nullptr;
    };

    connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                    address_source where);
    connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                    address_source where, surroundings with);
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
        // TLS has failed after the handshake, which has been noted: in TLS 1.3, the upstream refuses our
        // certificate only then (RFC 8446 4.4.2.4).
        void note_tls_failure() noexcept;

        // `now`: from when on it is idle.
        void give_back(core::time_point now = core::clock::now());
        void drop() noexcept;

    private:
        friend class connection_pool;
        lease(connection_pool& pool, std::unique_ptr<connection> leased, bool reused, party* holder) noexcept;

        connection_pool* pool_ = nullptr;
        party* holder_ = nullptr;
        std::unique_ptr<connection> connection_;
        bool reused_ = false;
    };

    enum class preference : std::uint8_t { any, fresh };

    // An idle connection that `holder` may have, without waiting; empty if there is none. `holder`, if any,
    // outlives the lease, and holds one connection more until the lease ends.
    lease lease_idle(party* holder = nullptr) noexcept;

    // An idle connection (unless a fresh one is asked for), or a new one. Errors: those of connect,
    // upstream_busy when none came free in time, and upstream_share_exceeded when few are left and `holder`
    // has its share already (rule 27), unless it asks for a fresh one in place of one that it had.
    core::task<core::result<lease>> lease_connection(preference which, party* holder = nullptr);

    // Other limits from now on: connections in use stay, idle ones beyond the limit are closed.
    void configure(const pool_options& options) noexcept;

    // TLS to the upstream from now on, or none. Where it is another one, no connection of before is kept.
    void use(upstream_tls tls) noexcept;
    const upstream_tls& tls() const noexcept { return tls_; }

    // The first addresses have come, or some have gone: connections to those are closed when nobody uses
    // them.
    void look_at_addresses() noexcept;

    // Closes idle connections and keeps none from now on.
    void drain() noexcept;

    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t leased() const noexcept { return leased_; }

private:
    struct waiter;
    class slot_wait;
    using entry = std::unique_ptr<connection>;

    static bool is_clean(connection& candidate) noexcept;
    entry take_idle() noexcept;
    std::size_t best_idle() const noexcept;
    entry take_out(std::size_t at) noexcept;
    bool replaces_idle(preference which) noexcept;
    void change_leased(std::size_t leased) noexcept;
    void close_leased() noexcept;
    void park(entry given, core::time_point now);
    bool may_stay(connection& candidate) noexcept;
    bool leads_to_upstream(connection& candidate) noexcept;
    core::task<core::result<entry>> open();
    bool goes_to_others(entry& given) noexcept;
    void offer_idle() noexcept;
    void unpark(connection* which) noexcept;
    void close_idle(std::size_t at) noexcept;
    void hand_over(entry given, slot_request& to) noexcept;
    entry received(waiter& from) noexcept;
    void look() noexcept override;
    void resume(slot_request& settled) noexcept override;
    void report() noexcept {
        if (with_.gauges != nullptr) with_.gauges->set(idle_.size(), leased_);
    }

    core::executor executor_;
    deadline_wheel& wheel_;
    pool_options options_;
    known_addresses where_;
    surroundings with_;
    connection_slots::place place_;
    recent_address recent_;
    upstream_tls tls_;
    std::uint32_t changes_ = 0;      // how often addresses have gone, or TLS has changed
    std::uint32_t tls_changed_ = 0;  // the last of them that was one of TLS
    std::vector<entry> idle_;        // the last one given back is used first
    std::size_t leased_ = 0;         // or being opened
    std::size_t waiting_ = 0;
    bool draining_ = false;
};

}  // namespace gate::net
