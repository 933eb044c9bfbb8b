#include <gate/app/doctor/counted.hpp>
#include <gate/app/doctor/gate_section.hpp>
#include <gate/app/doctor/upstream_section.hpp>
#include <gate/app/joined.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::app::doctor {
namespace {

std::string called(const upstream_facts& found) {
    return "the upstream at " + config::format_url(found.where);
}

finding judge_answer(const upstream_facts& found) {
    const std::string fix = "start the API, or correct upstream.url (of a named one: upstreams[].url)";
    if (!found.connect_problem.empty())
        return failure("upstream.answers", called(found) + " accepts no connection: " + found.connect_problem,
                       fix);
    if (!found.tls_problem.empty())
        return failure("upstream.answers", "TLS with " + called(found) + " fails: " + found.tls_problem,
                       "use http:// in upstream.url if it does not speak TLS");
    if (!found.certificate.problem.empty())
        return skipping("upstream.answers", called(found) + " was not asked: see upstream.certificate");
    if (found.first_bytes.empty() && !found.speaks_tls)
        return failure("upstream.answers", called(found) + " accepts connections, and does not answer GET /",
                       found.where.tls ? fix +
                                             "; if it wants a certificate of its clients, set "
                                             "upstream.tls.client_cert_file and upstream.tls.client_key_file"
                                       : fix);
    return passed("upstream.answers", called(found) + " answers");
}

finding judge_protocol(const upstream_facts& found) {
    switch (found.speaks_tls ? spoken::tls : protocol_of(found.first_bytes)) {
        case spoken::http1:
            return passed("upstream.protocol",
                          called(found) + " speaks HTTP/1: " +
                              found.first_bytes.substr(0, std::string_view("HTTP/1.1 200").size()));
        case spoken::tls:
            return failure("upstream.protocol", called(found) + " speaks TLS, and is asked without",
                           "use https:// in upstream.url");
        case spoken::http2:
            return failure("upstream.protocol", called(found) + " speaks HTTP/2 alone",
                           "have the API speak HTTP/1.1 at this port too");
        case spoken::nothing:
        case spoken::other: break;
    }
    return failure("upstream.protocol", called(found) + " does not speak HTTP",
                   "correct the port in upstream.url: another program listens there");
}

finding judge_certificate(const upstream_facts& found) {
    if (!found.certificate.problem.empty())
        return failure(
            "upstream.certificate",
            "the certificate of " + called(found) + " is not trusted: " + found.certificate.problem,
            "set upstream.tls.ca_file and upstream.tls.server_name, or renew the certificate");
    return judge_expiry("upstream.certificate", "the certificate of " + called(found), found.certificate,
                        "renew the upstream's certificate");
}

// A host with containers has an address of the link for each of them.
std::string text_of_addresses(std::vector<std::string> addresses) {
    constexpr std::size_t most = 4;
    const auto all = addresses.size();
    addresses.resize(std::min(all, most));
    auto out = joined(addresses, ", ");
    if (all > most) out += " and " + counted(all - most, "other");
    return out;
}

constexpr std::string_view bypass = "upstream.bypass";

finding judge_bypass(const upstream_facts& found) {
    const std::string fix =
        "have the API listen on 127.0.0.1 or on a Unix socket alone; until then keep others off its port "
        "(NetworkPolicy, firewall)";
    if (!found.where.socket.empty())
        return passed(bypass, "the upstream listens on a Unix socket: nobody reaches it over the network");
    if (!found.addresses_problem.empty())
        return skipping(bypass,
                        "the address of " + called(found) + " is not known: " + found.addresses_problem);
    if (!found.is_local)
        return skipping(bypass, called(found) + " is on another host, which cannot be looked at from here",
                        "see that it accepts connections from this sidecar alone (NetworkPolicy, firewall)");
    const auto port = std::to_string(found.where.port);
    if (!found.open_at.empty())
        return failure(bypass,
                       "the upstream's port " + port + " is also reachable at " +
                           text_of_addresses(found.open_at) + ": requests can go past the sidecar",
                       fix);
    if (!found.connect_problem.empty()) return skipping(bypass, "nothing listens on port " + port);
    if (!found.is_loopback)
        return warning(bypass,
                       called(found) +
                           " listens on an address that other hosts may reach: requests can go "
                           "past the sidecar",
                       fix);
    return passed(bypass, "port " + port + " is reachable on the loopback alone");
}

}  // namespace

spoken protocol_of(std::string_view first_bytes) noexcept {
    constexpr std::string_view settings_frame("\0\0",
                                              2);  // RFC 9113 4.1: a length below 64 KiB begins with 0
    if (first_bytes.empty()) return spoken::nothing;
    if (first_bytes.starts_with("HTTP/1.")) return spoken::http1;
    // RFC 8446 5.1: an alert (21) or a handshake (22) of version 3.x.
    const bool is_record = first_bytes.size() > 2 && (first_bytes[0] == 21 || first_bytes[0] == 22);
    if (is_record && first_bytes[1] == 3) return spoken::tls;
    if (first_bytes.size() >= 9 && first_bytes[0] == settings_frame[0] && first_bytes[3] == 4)
        return spoken::http2;
    return spoken::other;
}

bool is_our_own(const config::config& options, const std::string& address, std::uint16_t port) {
    const auto covers = [&](const config::listen_address& at) {
        const bool is_v6 = address.find(':') != std::string::npos;
        const bool is_any = at.host == "::" || (at.host == "0.0.0.0" && !is_v6);
        return at.is_tcp() && at.port == port && (is_any || at.host == address);
    };
    const auto all = options.all_listeners();
    return std::ranges::any_of(all, [&](const auto& each) { return covers(each.options.address); }) ||
           covers(options.status.address) || covers(options.admin.address) ||
           (options.answer.address && covers(*options.answer.address));
}

findings judge_upstream(const upstream_facts& found) {
    findings out{judge_answer(found)};
    if (found.connect_problem.empty()) {
        if (!found.first_bytes.empty() || found.speaks_tls) out.push_back(judge_protocol(found));
        if (found.where.tls && found.tls_problem.empty()) out.push_back(judge_certificate(found));
    }
    out.push_back(judge_bypass(found));
    for (auto& each : out) each.subject = found.name;
    return out;
}

}  // namespace gate::app::doctor
