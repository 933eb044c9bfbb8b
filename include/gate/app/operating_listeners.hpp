#pragma once
// The status and the admin listener, with what they serve. What changes state is served by the admin listener
// alone (rule 18).

#include <gate/app/admin_endpoints.hpp>
#include <gate/app/health.hpp>
#include <gate/app/listener_sockets.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/app/reload_endpoints.hpp>
#include <gate/app/tls_contents.hpp>
#include <gate/config/config.hpp>
#include <gate/telemetry/metrics.hpp>

#include <memory>
#include <vector>

namespace gate::app {

// Belongs to the control thread.
class operating_listeners {
public:
    // `control` outlives this object.
    explicit operating_listeners(core::asio::io_context& control) : control_(control) {}

    // Binds both, and serves what each of them has. False: one cannot, and the log says why.
    bool open(const config::config& options, const tls_contents& files, listener_sockets& sockets,
              const health& state, telemetry::metrics& all);

    // What the admin listener has besides. Call once, after open().
    void serve(std::unique_ptr<admin_endpoints> operators, std::unique_ptr<reload_endpoints> reloads);

    // For what else it has. Precondition: open() was true.
    operating_server& admin() noexcept { return *admin_; }

    void configure(const config::admin_options& options, const tls_contents& files);

private:
    std::unique_ptr<operating_server> open_one(std::vector<worker_sockets> opened, const health& state,
                                               const telemetry::metrics& all);
    void use_tls(const tls_contents& files);

    core::asio::io_context& control_;
    tls_contents::server status_tls_;  // in use
    tls_contents::server admin_tls_;
    std::unique_ptr<admin_endpoints> operators_;
    std::unique_ptr<reload_endpoints> reloads_;
    std::unique_ptr<operating_server> status_;
    std::unique_ptr<operating_server> admin_;
};

}  // namespace gate::app
