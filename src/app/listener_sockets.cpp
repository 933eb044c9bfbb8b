#include <gate/app/listener_sockets.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>
#include <utility>

namespace gate::app {
namespace {

void log_listening(const telemetry::event_log& events, std::string_view name,
                   const config::listen_address& where) {
    if (where.is_socket()) {
        events.info("listening", {{"listener", name}, {"server.address", where.socket}});
    } else {
        events.info("listening",
                    {{"listener", name}, {"server.address", where.host}, {"server.port", where.port}});
    }
}

void log_not_listening(const telemetry::event_log& events, std::string_view name,
                       const config::listen_address& where, const core::error_code& why) {
    const auto message = "cannot listen: " + why.message();
    if (where.is_tcp()) {
        events.error(message,
                     {{"listener", name}, {"server.address", where.host}, {"server.port", where.port}});
    } else {
        events.error(message, {{"listener", name}, {"server.address", config::format_listen_address(where)}});
    }
}

// The socket itself for one worker, duplicates for the others.
core::result<std::vector<worker_sockets>> shared_by(unsigned workers, worker_sockets sockets) {
    std::vector<worker_sockets> out;
    for (unsigned i = 1; i < workers; ++i) {
        worker_sockets copies;
        for (const auto& each : sockets) {
            auto copy = each.duplicate();
            if (!copy) return copy.error();
            copies.push_back(std::move(*copy));
        }
        out.push_back(std::move(copies));
    }
    out.push_back(std::move(sockets));
    return out;
}

}  // namespace

// Each worker has a socket of its own, at the first one's port.
listener_sockets::opened listener_sockets::open_port(config::listen_address where, unsigned workers) {
    using sharing = net::listening_socket::sharing;
    std::vector<worker_sockets> out;
    auto share = workers > 1 ? sharing::first : sharing::none;
    for (unsigned i = 0; i < workers; ++i) {
        auto socket = net::listening_socket::open(where, share);
        if (!socket) return socket.error();
        where.port = socket->local().port;
        share = sharing::further;
        out.emplace_back().push_back(std::move(*socket));
    }
    return out;
}

listener_sockets::opened listener_sockets::open_file(const std::string& path, unsigned mode,
                                                     unsigned workers) {
    auto bound = net::open_socket_file(path, mode);
    if (!bound) return bound.error();
    files_.push_back(std::move(bound->file));
    worker_sockets one;
    one.push_back(std::move(bound->socket));
    return shared_by(workers, std::move(one));
}

listener_sockets::opened listener_sockets::find_inherited(const std::string& name, unsigned workers) const {
    auto found = inherited_.find(name);
    if (!found) return found.error();
    if (found->empty()) return make_error_code(boost::system::errc::no_such_file_or_directory);
    return shared_by(workers, std::move(*found));
}

std::vector<worker_sockets> listener_sockets::open(std::string_view listener,
                                                   const config::listen_address& where, unsigned mode,
                                                   unsigned workers) {
    auto got = where.is_socket()         ? open_file(where.socket, mode, workers)
               : where.is_from_systemd() ? find_inherited(where.systemd_name, workers)
                                         : open_port(where, workers);
    if (!got) {
        log_not_listening(events_, listener, where, got.error());
        return {};
    }
    for (const auto& each : got->front()) log_listening(events_, listener, each.local());
    return std::move(*got);
}

std::vector<std::string> missing_sockets(const config::config& options,
                                         const net::inherited_sockets& inherited) {
    const auto names = inherited.names();
    std::string known;
    for (const auto& each : names) known += (known.empty() ? "" : ", ") + each;
    std::vector<std::string> out;
    const auto look = [&](const std::string& listener, const config::listen_address& where) {
        if (!where.is_from_systemd() || std::ranges::find(names, where.systemd_name) != names.end()) return;
        out.push_back(
            "listener " + listener + ": systemd has handed over no socket named " + where.systemd_name +
            (known.empty() ? "; it has handed over none (LISTEN_FDS)" : "; those that it has: " + known));
    };
    for (const auto& each : options.all_listeners()) look(each.name, each.options.address);
    look("status", options.status.address);
    look("admin", options.admin.address);
    if (options.answer.address) look("answer", *options.answer.address);
    return out;
}

}  // namespace gate::app
