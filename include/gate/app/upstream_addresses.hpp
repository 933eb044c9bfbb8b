#pragma once
// Where the upstream is: resolved at start and then again and again in the background, never on a request's
// path.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/net/connection_slots.hpp>
#include <gate/net/connector.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gate::app {

// Where one upstream is, and how many connections there are to it. Thread-safe.
class address_book {
public:
    // Of all workers: they count together as long as they use the same book.
    const std::shared_ptr<net::connection_slots> slots = std::make_shared<net::connection_slots>();
    const std::uint64_t number = next_number();  // no other book of this process has it; never 0

    // Null until the resolver has answered for the first time; empty if it knew no address then, and until it
    // does; the last good answer from then on.
    std::shared_ptr<const net::address_list> get() const;
    // False: an address has gone.
    bool set(net::address_list addresses);

private:
    static std::uint64_t next_number() noexcept;

    mutable core::mutex mutex_;
    std::shared_ptr<const net::address_list> addresses_ GATE_GUARDED_BY(mutex_);
};

// Made by make_shared: what is under way when it is stopped keeps it.
class upstream_addresses : public std::enable_shared_from_this<upstream_addresses> {
public:
    struct reports {
        // Told once for each failure in a row, with what is wrong.
        std::function<void(const std::string&)> complaint;
        // Told of the first answer of the resolver, and of any that lacks an address that it has named
        // before.
        std::function<void()> changed;
    };

    // A literal address needs no resolver and is available immediately.
    upstream_addresses(core::executor control, const config::url& upstream, reports to);

    // Begins to resolve, on the thread of `control`.
    void start();
    void stop();

    // Calls `then` when it is known where the upstream is, or that this is not known now; immediately for a
    // literal address. Once, after start().
    void when_known(std::function<void()> then);

    // Kept up to date until stop(). May outlive this object.
    std::shared_ptr<const address_book> book() const noexcept { return book_; }
    const config::url& upstream() const noexcept { return upstream_; }

private:
    using resolver = boost::asio::ip::basic_resolver<core::tcp, core::executor>;

    void resolve();
    void on_resolved(const core::error_code& ec, const resolver::results_type& found);

    config::url upstream_;
    reports to_;
    resolver resolver_;
    core::timer again_;
    std::function<void()> when_known_;
    bool is_literal_ = false;
    bool has_answer_ = false;  // of the resolver
    bool is_stopped_ = false;
    bool has_complained_ = false;
    std::shared_ptr<address_book> book_ = std::make_shared<address_book>();
};

}  // namespace gate::app
