#include <gate/app/operating_listeners.hpp>

#include <utility>

namespace gate::app {

bool operating_listeners::open(const config::config& options, const tls_contents& files,
                               listener_sockets& sockets, const health& state, telemetry::metrics& all) {
    status_ =
        open_one(sockets.open("status", options.status.address, options.status.socket_mode, 1), state, all);
    if (!status_) return false;
    admin_ = open_one(sockets.open("admin", options.admin.address, options.admin.socket_mode, 1), state, all);
    if (!admin_) return false;
    if (options.status.tls.is_on()) status_->count_handshakes(all.handshakes_of("status"));
    if (options.admin.tls.is_on()) admin_->count_handshakes(all.handshakes_of("admin"));
    use_tls(files);
    return true;
}

void operating_listeners::configure(const config::admin_options& options, const tls_contents& files) {
    admin_->serve_only_hosts(options.hosts);
    use_tls(files);
}

// Whether a listener speaks TLS does not change while the program runs.
void operating_listeners::use_tls(const tls_contents& files) {
    const auto use = [](operating_server& by, tls_contents::server& used, const tls_contents::server& now) {
        if (!now || now == used) return;
        by.use_tls(now);
        used = now;
    };
    use(*status_, status_tls_, files.status);
    use(*admin_, admin_tls_, files.admin);
}

std::unique_ptr<operating_server> operating_listeners::open_one(std::vector<worker_sockets> opened,
                                                                const health& state,
                                                                const telemetry::metrics& all) {
    if (opened.empty()) return nullptr;
    auto out = std::make_unique<operating_server>(control_, std::move(opened.front()));
    add_health_endpoints(*out, state, all);
    return out;
}

void operating_listeners::serve(std::unique_ptr<admin_endpoints> operators,
                                std::unique_ptr<reload_endpoints> reloads) {
    operators_ = std::move(operators);
    reloads_ = std::move(reloads);
    operators_->add_to(*admin_);
    reloads_->add_to(*admin_);
}

}  // namespace gate::app
