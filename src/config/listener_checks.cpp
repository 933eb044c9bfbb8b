// Rules of what we listen on: two listeners, or a listener and an upstream, are not the same; and what else
// needs more than one value.
#include <gate/config/draft.hpp>
#include <gate/config/scalars.hpp>

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace gate::config {

namespace {

struct own_address {
    std::string path;  // "listener.address", "listeners[1].address"
    const listen_address* address;
    std::optional<std::size_t> entry{};  // of `listeners`
};

std::vector<own_address> own_addresses(const config& of) {
    std::vector<own_address> out;
    if (of.listeners.empty()) out.push_back({"listener.address", &of.listener.address});
    for (std::size_t i = 0; i < of.listeners.size(); ++i)
        out.push_back({"listeners[" + std::to_string(i) + "].address", &of.listeners[i].options.address, i});
    out.push_back({"status.address", &of.status.address});
    out.push_back({"admin.address", &of.admin.address});
    if (of.answer.address) out.push_back({"answer.address", &*of.answer.address});
    return out;
}

bool is_given(const draft& of, const own_address& which) {
    return which.entry || of.origin_of(which.path).kind != origin::kind_t::standard;
}

void blame(draft& of, const own_address& which, const std::string& message) {
    if (!which.entry) return of.blame(which.path, message);
    of.problems.add(of.listener_places[*which.entry].of("address"), which.path + ": " + message);
}

bool is_same_file(const std::string& a, const std::string& b) {
    return std::filesystem::path(a).lexically_normal() == std::filesystem::path(b).lexically_normal();
}

// Whether only one of them can be opened.
bool clash(const listen_address& a, const listen_address& b) {
    if (a.is_socket() || b.is_socket()) return is_same_file(a.socket, b.socket);
    if (a.is_from_systemd() || b.is_from_systemd()) return a.systemd_name == b.systemd_name;
    const auto is_v6 = [](const listen_address& e) { return e.host.find(':') != std::string::npos; };
    const auto is_wildcard = [](const listen_address& e) { return e.host == "0.0.0.0" || e.host == "::"; };
    if (a.port == 0 || a.port != b.port || is_v6(a) != is_v6(b)) return false;
    return a.host == b.host || is_wildcard(a) || is_wildcard(b);
}

// The later of the two is blamed, unless only the earlier one was given.
void check_addresses(draft& of) {
    const auto all = own_addresses(of.value);
    for (std::size_t later = 1; later < all.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (!clash(*all[earlier].address, *all[later].address)) continue;
            auto [at, other] = std::pair(&all[later], &all[earlier]);
            if (!is_given(of, *at)) std::swap(at, other);
            const bool has_port = at->address->is_tcp();
            blame(of, *at,
                  (has_port ? "is the same address and port as " : "is the same address as ") + other->path);
        }
    }
}

bool is_same_place(const listen_address& listener, const url& target) {
    if (!target.socket.empty() || !listener.is_tcp())
        return listener.is_socket() && is_same_file(listener.socket, target.socket);
    if (listener.port == 0 || listener.port != target.port) return false;
    const bool everywhere = listener.host == "0.0.0.0" || listener.host == "::";
    const bool local = is_loopback(target.host) && (everywhere || is_loopback(listener.host));
    return local || listener.host == target.host;
}

// An upstream that is one of our own listeners would make every request go round in circles.
void check_upstream_loop(draft& of) {
    const url& target = of.value.upstream.target;
    for (const auto& each : own_addresses(of.value)) {
        if (!is_same_place(*each.address, target)) continue;
        if (of.origin_of("upstream.url").kind != origin::kind_t::standard) {
            of.blame("upstream.url", "is this program's own " + each.path);
        } else {
            blame(of, each, "is the address of upstream.url");
        }
    }
}

// Also where no route leads there: some day one will.
void check_named_upstreams(draft& of) {
    for (std::size_t i = 0; i < of.value.upstreams.size(); ++i) {
        const auto& named = of.value.upstreams[i];
        for (const auto& each : own_addresses(of.value)) {
            if (!is_same_place(*each.address, named.options.target)) continue;
            of.problems.add(of.upstream_places[i].of("url"),
                            "upstreams." + named.name + ".url: is this program's own " + each.path);
        }
    }
}

// The modes of other sockets are not ours to set. The default may stand anywhere: print-config writes it.
void check_socket_modes(draft& of) {
    const std::string message = "is for addresses that begin with unix:";
    const auto is_misplaced = [](const listen_address& address, unsigned mode) {
        return !address.is_socket() && mode != default_socket_mode;
    };
    const auto& listener = of.value.listener;
    const auto& status = of.value.status;
    const auto& admin = of.value.admin;
    const auto& answer = of.value.answer;
    if (is_misplaced(listener.address, listener.socket_mode)) of.blame("listener.socket_mode", message);
    if (is_misplaced(status.address, status.socket_mode)) of.blame("status.socket_mode", message);
    if (is_misplaced(admin.address, admin.socket_mode)) of.blame("admin.socket_mode", message);
    if (is_misplaced(answer.address.value_or(listen_address{}), answer.socket_mode))
        of.blame("answer.socket_mode", message);
    for (std::size_t i = 0; i < of.value.listeners.size(); ++i) {
        const auto& options = of.value.listeners[i].options;
        if (is_misplaced(options.address, options.socket_mode))
            of.problems.add(of.listener_places[i].of("socket_mode"),
                            "listeners[" + std::to_string(i) + "].socket_mode: " + message);
    }
}

// Without a list, each peer could choose its own address.
void check_proxy_protocol(draft& of) {
    const std::string message = "needs proxy_protocol_from, too: the balancers that may send a header";
    const auto is_missing = [](const listener_options& options) {
        return options.proxy_protocol == proxy_protocol_use::required && options.proxy_protocol_from.empty();
    };
    // What is there, and wrong, is not missing.
    const bool is_wrong = of.is_wrong("listener.proxy_protocol_from");
    if (of.value.listeners.empty() && !is_wrong && is_missing(of.value.listener))
        of.blame("listener.proxy_protocol", message);
    for (std::size_t i = 0; i < of.value.listeners.size(); ++i) {
        if (is_missing(of.value.listeners[i].options))
            of.problems.add(of.listener_places[i].of("proxy_protocol"),
                            "listeners[" + std::to_string(i) + "].proxy_protocol: " + message);
    }
}

// Of a variable or a flag: where both stand in the file, the section itself is blamed.
void check_short_form(draft& of) {
    if (of.value.listeners.empty()) return;
    for (const option& each : all_options()) {
        if (!each.path.starts_with("listener.")) continue;
        const auto kind = of.origin_of(each.path).kind;
        if (kind == origin::kind_t::environment || kind == origin::kind_t::flag)
            of.blame(each.path, "must not stand beside listeners, which have their own " +
                                    std::string(each.path.substr(each.path.find('.') + 1)));
    }
}

// Who can connect is decided by the mode of the socket.
void trust_socket_of_answers(draft& of) {
    auto& answer = of.value.answer;
    const bool is_default = of.origin_of("answer.trusted_peers").kind == origin::kind_t::standard;
    if (is_default) answer.trusted_peers = answer_options{}.trusted_peers;
    if (is_default && answer.address && answer.address->is_socket())
        answer.trusted_peers.push_back({"unix", 0});
}

}  // namespace

void check_listeners(draft& of) {
    check_addresses(of);
    check_upstream_loop(of);
    check_named_upstreams(of);
    check_socket_modes(of);
    check_proxy_protocol(of);
    check_short_form(of);
    trust_socket_of_answers(of);
}

}  // namespace gate::config
