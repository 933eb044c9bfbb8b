#pragma once
// Connections that wait for their next call. Belongs to one thread.

#include <gate/client/connection.hpp>

#include <memory>
#include <vector>

namespace gate::client {

class kept_connections {
public:
    // `max`: so many are kept; 0: none. One that has waited for `idle_timeout` is not used again.
    kept_connections(std::size_t max, core::duration idle_timeout) noexcept
        : max_(max), idle_timeout_(idle_timeout) {}

    void keep(std::unique_ptr<connection> used, core::time_point now);

    // The one used last, of those that have settled: it is the warmest. Where none has, the one that will be
    // first. Null: there is none.
    std::unique_ptr<connection> take(core::time_point now);

    void drop_old(core::time_point now);

    // Connections under another context than `tls`.
    void drop_others(boost::asio::ssl::context* tls);

    void clear() noexcept { kept_.clear(); }
    std::size_t size() const noexcept { return kept_.size(); }

private:
    struct kept {
        std::unique_ptr<connection> own;
        core::time_point since;
    };

    std::size_t max_;
    core::duration idle_timeout_;
    std::vector<kept> kept_;  // the one used last at the end
};

}  // namespace gate::client
