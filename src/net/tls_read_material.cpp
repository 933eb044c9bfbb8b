// All files of one listener, or of one upstream.
#include <gate/net/tls_files.hpp>

#include <utility>

namespace gate::net {
namespace {

using tls_problems = std::vector<tls_problem>;

template <class T>
T take(config::parsed<T> from, const char* key, tls_problems& problems) {
    if (from) return std::move(*from);
    problems.push_back({key, from.error()});
    return {};
}

std::vector<tls_certificate> read_all(const std::vector<config::certificate_files>& from,
                                      tls_problems& problems) {
    std::vector<tls_certificate> out;
    for (std::size_t i = 0; i < from.size(); ++i)
        out.push_back(
            take(read_certificate(from[i]), ("certificates[" + std::to_string(i) + "]").c_str(), problems));
    return out;
}

void check(const char* key, std::string bad, tls_problems& problems) {
    if (!bad.empty()) problems.push_back({key, std::move(bad)});
}

template <class Material>
std::shared_ptr<const Material> unless_bad(Material made, std::size_t before, const tls_problems& problems) {
    if (problems.size() != before) return nullptr;
    return std::make_shared<const Material>(std::move(made));
}

}  // namespace

std::shared_ptr<const server_tls_material> read_server_material(const config::listener_tls_options& from,
                                                                tls_problems& problems) {
    const auto before = problems.size();
    server_tls_material out;
    out.certificates = read_all(from.certificates, problems);
    out.strict_sni = from.strict_sni;
    out.min_version = from.min_version;
    check("ciphers", check_ciphers(from.ciphers), problems);
    check("groups", check_groups(from.groups), problems);
    out.ciphers = from.ciphers;
    out.groups = from.groups;
    if (!from.client_ca_file.empty())
        out.client_ca_pem = take(read_authorities(from.client_ca_file), "client_ca_file", problems);
    out.client_auth = from.client_auth;
    if (!from.ticket_key_file.empty())
        out.ticket_keys = take(read_ticket_keys(from.ticket_key_file), "ticket_key_file", problems);
    return unless_bad(std::move(out), before, problems);
}

std::shared_ptr<const server_tls_material> read_server_material(const config::operating_tls_options& from,
                                                                tls_problems& problems) {
    const auto before = problems.size();
    server_tls_material out;
    out.certificates = read_all(from.certificates, problems);
    out.min_version = from.min_version;
    return unless_bad(std::move(out), before, problems);
}

std::shared_ptr<const client_tls_material> read_client_material(const config::upstream_tls_options& from,
                                                                tls_problems& problems) {
    const auto before = problems.size();
    client_tls_material out;
    if (!from.ca_file.empty()) out.ca_pem = take(read_authorities(from.ca_file), "ca_file", problems);
    if (!from.client_cert_file.empty())
        out.own = take(read_certificate({from.client_cert_file, from.client_key_file}), "client_cert_file",
                       problems);
    return unless_bad(std::move(out), before, problems);
}

}  // namespace gate::net
