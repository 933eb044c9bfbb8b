// What look_at_upstreams() asks.
#include <gate/app/doctor/upstream_section.hpp>
#include <gate/client/request.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <net/if.h>

#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

namespace gate::app::doctor {
namespace {

using boost::asio::ip::address;

constexpr core::duration patience{5'000};  // for one upstream
constexpr std::chrono::seconds patience_for_tls{1};
constexpr std::chrono::milliseconds patience_to_bypass{500};  // for one address: it is this host's own

std::optional<address> parse(const std::string& text) {
    core::error_code ec;
    auto out = boost::asio::ip::make_address(text, ec);
    return ec ? std::nullopt : std::optional(out);
}

bool is_of_interface(const ifaddrs& one) {
    if (one.ifa_addr == nullptr || (one.ifa_flags & IFF_UP) == 0) return false;
    return one.ifa_addr->sa_family == AF_INET || one.ifa_addr->sa_family == AF_INET6;
}

bool is_for_others(const address& what) {
    return !what.is_loopback() && !what.is_unspecified();
}

std::string question_for(const config::url& where) {
    return "GET / HTTP/1.1\r\nHost: " + client::authority_of(where) +
           "\r\nUser-Agent: gate-sidecar-doctor\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

void listen_to(wire& over, const config::upstream_options& options, core::time_point until,
               upstream_facts& into) {
    if (options.target.tls) {
        const auto& tls = options.tls;
        const wire_tls how{.ca_file = tls.ca_file,
                           .server_name = tls.server_name.empty() ? options.target.host : tls.server_name,
                           .cert_file = tls.client_cert_file,
                           .key_file = tls.client_key_file};
        if (!over.shake_hands(how, until)) {
            into.tls_problem = over.problem();
            return;
        }
        into.certificate = over.shown();
        if (!into.certificate.problem.empty()) return;
    }
    over.send(question_for(options.target), until);
    constexpr std::size_t enough = 12;  // "HTTP/1.1 200"
    while (into.first_bytes.size() < enough && over.read_more(into.first_bytes, until)) {
    }
}

// A port for TLS that is asked in the clear answers with an alert, ends the connection, or answers with 400
// in the clear (nginx, Apache httpd, Go).
bool may_want_tls(std::string_view first_bytes) {
    constexpr std::string_view version = "HTTP/1.1";
    return protocol_of(first_bytes) != spoken::http1 ||
           (first_bytes.size() > version.size() && first_bytes.substr(version.size()).starts_with(" 400"));
}

bool speaks_tls(const config::url& where) {
    const auto until = core::clock::now() + patience_for_tls;
    auto over = wire::to_url(where, until);
    return over.is_open() && over.shake_hands({.server_name = where.host}, until);
}

// Which addresses of this host lead to the port of an upstream on it.
void look_for_bypass(const config::config& options, upstream_facts& into) {
    if (!into.where.socket.empty()) return;
    const auto own = own_addresses();
    const auto found = resolve(into.where.host);
    into.addresses_problem = found.problem;
    const auto& known = found.addresses;
    place(known, own, into);
    if (!into.is_local) return;
    for (const auto& each : own) {
        if (std::ranges::find(known, each) != known.end() || is_our_own(options, each, into.where.port))
            continue;
        if (wire::to_port(each, into.where.port, core::clock::now() + patience_to_bypass).is_open())
            into.open_at.push_back(each);
    }
}

// Requests do not wait longer either.
core::duration patience_with(const config::upstream_options& options) {
    if (options.response_timeout.count() == 0) return patience;
    return std::min(patience, options.connect_timeout + options.response_timeout);
}

upstream_facts look_at(const config::config& options, const std::string& name,
                       const config::upstream_options& upstream) {
    upstream_facts out{.name = name, .where = upstream.target};
    const auto until = core::clock::now() + patience_with(upstream);
    auto over = wire::to_url(upstream.target, until);
    out.connect_problem = over.problem();
    if (over.is_open()) listen_to(over, upstream, until, out);
    if (over.is_open() && !upstream.target.tls && may_want_tls(out.first_bytes))
        out.speaks_tls = speaks_tls(upstream.target);
    look_for_bypass(options, out);
    return out;
}

}  // namespace

std::vector<std::string> own_addresses() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
    std::vector<std::string> out;
    for (const auto* each = all.get(); each != nullptr; each = each->ifa_next) {
        if (!is_of_interface(*each)) continue;
        const auto size = each->ifa_addr->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(each->ifa_addr, static_cast<socklen_t>(size), text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST) != 0)
            continue;
        const auto parsed = parse(text.data());
        if (parsed && is_for_others(*parsed)) out.emplace_back(text.data());
    }
    return out;
}

void place(const std::vector<std::string>& known, const std::vector<std::string>& own, upstream_facts& into) {
    const auto is_loopback = [](const std::string& each) {
        const auto parsed = parse(each);
        return parsed && parsed->is_loopback();
    };
    const auto is_own = [&](const std::string& each) {
        return is_loopback(each) || std::ranges::find(own, each) != own.end();
    };
    into.is_local = std::ranges::any_of(known, is_own);
    into.is_loopback = !known.empty() && std::ranges::all_of(known, is_loopback);
}

std::vector<upstream_facts> look_at_upstreams(const config::config& options) {
    std::vector<upstream_facts> out{look_at(options, {}, options.upstream)};
    for (const auto& each : options.upstreams) out.push_back(look_at(options, each.name, each.options));
    return out;
}

}  // namespace gate::app::doctor
