#pragma once
// Where the upstream is: resolved at start and then again and again in the background, never on a request's
// path.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/net/connector.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gate::app {

class upstream_addresses {
public:
    // Told once for each failure in a row, with what is wrong.
    using complaint = std::function<void(const std::string&)>;

    // A literal address needs no resolver and is there at once.
    upstream_addresses(core::executor control, const config::url& upstream, complaint complain);

    // Begins to resolve, on the thread of `control`.
    void start();
    void stop();

    // Null until the name has been resolved for the first time; the last good answer from then on.
    // Thread-safe.
    std::shared_ptr<const net::address_list> get() const;

private:
    using resolver = boost::asio::ip::basic_resolver<core::tcp, core::executor>;

    void resolve();
    void on_resolved(const core::error_code& ec, const resolver::results_type& found);
    void set(net::address_list addresses);

    config::url upstream_;
    complaint complain_;
    resolver resolver_;
    core::timer again_;
    bool is_literal_ = false;
    bool has_complained_ = false;
    mutable core::mutex mutex_;
    std::shared_ptr<const net::address_list> addresses_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::app
