#include <gate/app/socket_checks.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::app {
namespace {

bool trusts_sockets(const std::vector<config::network>& peers) {
    return std::ranges::find(peers, "unix", &config::network::address) != peers.end();
}

bool lets_others_in(const config::listen_address& where, unsigned mode) {
    constexpr unsigned others_may_write = 0002;
    return where.is_socket() && (mode & others_may_write) != 0;
}

std::string sentence(const std::string& listener, unsigned mode, const std::string& trust) {
    return "every user of this machine may connect to the socket of the listener " + listener +
           " (socket_mode " + config::format_socket_mode(mode) + "), and " + trust +
           " trusts every peer on a Unix socket";
}

bool reads_proxy_headers(const config::listener_options& of) {
    return of.proxy_protocol == config::proxy_protocol_use::required;
}

std::string useless_list(const std::string& listener) {
    return "proxy_protocol_from of the listener " + listener +
           " has no effect, because its proxy_protocol is off: a PROXY header is refused as a bad request, "
           "and "
           "clients have the address of the balancer";
}

bool shows_the_admin_token(const config::config& options) {
    const auto& where = options.admin.address;
    return where.is_tcp() && !config::is_loopback(where.host) && !options.admin.tls.is_on() &&
           !options.admin_token.empty();
}

}  // namespace

std::vector<std::string> socket_warnings(const config::config& options) {
    std::vector<std::string> out;
    for (const auto& [name, listener, at] : options.all_listeners()) {
        if (!reads_proxy_headers(listener) && !listener.proxy_protocol_from.empty())
            out.push_back(useless_list(name));
        if (!lets_others_in(listener.address, listener.socket_mode)) continue;
        if (trusts_sockets(options.forwarded.trusted_proxies))
            out.push_back(sentence(name, listener.socket_mode, "forwarded.trusted_proxies"));
        if (reads_proxy_headers(listener) && trusts_sockets(listener.proxy_protocol_from))
            out.push_back(sentence(name, listener.socket_mode, "its proxy_protocol_from"));
    }
    const auto& answer = options.answer;
    if (answer.address && lets_others_in(*answer.address, answer.socket_mode) &&
        trusts_sockets(answer.trusted_peers))
        out.push_back(sentence("answer", answer.socket_mode, "answer.trusted_peers"));
    if (shows_the_admin_token(options))
        out.emplace_back(
            "admin.address can be reached from other machines without admin.tls: anyone who can read "
            "the traffic learns the admin token");
    return out;
}

}  // namespace gate::app
