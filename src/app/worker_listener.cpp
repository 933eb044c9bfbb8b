#include <gate/app/worker_listener.hpp>

#include <utility>

namespace gate::app {

worker_listener::worker_listener(const surroundings& with, net::listening_socket opened, listener_place which,
                                 protocol::door& leads_to)
    : which_(std::move(which)),
      sessions_(with.sessions),
      events_(with.events),
      headers_(with.metrics, with.events, static_cast<telemetry::listener_index>(which_.index), which_.name),
      handshakes_(with.events, which_.name),
      way_{{static_cast<telemetry::listener_index>(which_.index), opened.local().socket},
           leads_to,
           headers_,
           handshakes_,
           which_.is_answer},
      socket_(with.executor, with.wheel, std::move(opened)) {}

void worker_listener::start() {
    socket_.start([this](core::stream_socket socket, const net::remote& from) {
        sessions_.take(way_, std::move(socket), from);
    });
}

void worker_listener::configure(const worker_settings& settings) {
    const auto& options = settings.snapshot->options;
    const auto& files = settings.tls_files;
    if (which_.is_answer) {
        way_.needs_tls = options.answer.tls.is_on();
        if (files) use(files->answer);
        return;
    }
    const auto own = options.all_listeners().at(which_.index);
    way_.expects_proxy_header = own.options.proxy_protocol == config::proxy_protocol_use::required;
    way_.proxies = net::network_set(own.options.proxy_protocol_from);
    way_.needs_tls = own.options.tls.is_on();
    if (files) use(files->of_listener(own.name));
}

// The same files: the same contexts, and with them the sessions that clients resume. They have been found to
// be of use before, so that what fails here is want of memory: then what is in force stays.
void worker_listener::use(std::shared_ptr<const net::server_tls_material> material) {
    if (material == material_ || material == nullptr) return;
    std::string why_not;
    auto made = net::make_server_tls(material, why_not);
    if (!made) {
        events_.error("a worker cannot use the certificates",
                      {{"listener", which_.name}, {"exception.message", why_not}});
        return;
    }
    way_.tls = std::move(*made);
    material_ = std::move(material);
}

}  // namespace gate::app
