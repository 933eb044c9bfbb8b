#include <gate/http/forwarded_client_cert.hpp>
#include <gate/http/host_pattern.hpp>
#include <gate/protocol/tls_peer.hpp>

#include <algorithm>

namespace gate::protocol {

using core::reason;

namespace {

// More than the log shows.
constexpr std::size_t longest_names = 1024;

http::client_names names_of(const net::tls_facts& facts) noexcept {
    return {facts.client_uris, facts.client_dns_names};
}

// As OpenSSL prints them: "URI:spiffe://a.test/b, DNS:c.test".
std::string text_of(const net::tls_facts& facts) {
    std::string out;
    const auto append = [&out](std::string_view kind, const std::vector<std::string>& names) {
        for (const auto& each : names) {
            if (out.size() < longest_names) out.append(out.empty() ? "" : ", ").append(kind).append(each);
        }
    };
    append("URI:", facts.client_uris);
    append("DNS:", facts.client_dns_names);
    out.resize(std::min(out.size(), longest_names));
    return out;
}

reason refusal_by_name(const net::tls_facts& facts, std::span<const std::string> allowed) noexcept {
    if (!facts.has_client_certificate) return reason::none;  // client_auth says whether it needs one
    const auto names = names_of(facts);
    if (http::has_control_byte(names)) return reason::client_name_refused;
    const bool may_come =
        allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const std::string& pattern) {
            return http::client_name_matches(pattern, names);
        });
    return may_come ? reason::none : reason::client_name_refused;
}

}  // namespace

tls_peer::tls_peer(const net::tls_facts& facts)
    : facts_(facts),
      names_text_(text_of(facts)),
      shown_{.version = facts.version,
             .cipher = facts.cipher,
             .client_subject = facts.client_subject,
             .client_names = names_text_} {}

void tls_peer::judge(const certificate_rules& by) {
    refusal_ = refusal_by_name(facts_, by.client_names);
    compares_host_ = by.compares_host && facts_.has_client_certificate;
    is_outdated_ = by.client_auth > facts_.client_auth;
    client_cert_line_.clear();
    if (by.tells_upstream && facts_.has_client_certificate)
        client_cert_line_ = http::forwarded_client_cert_line(facts_.client_sha256, names_of(facts_));
}

reason tls_peer::refusal_of(std::string_view host) const noexcept {
    if (refusal_ != reason::none) return refusal_;
    const bool is_elsewhere = compares_host_ && http::is_misdirected(host, facts_.server_name);
    return is_elsewhere ? reason::host_not_served_here : reason::none;
}

}  // namespace gate::protocol
