// Rules of the sections `tls` of upstreams that need more than one value. What the files hold is judged by
// others (net/tls_files.hpp).
#include <gate/config/draft.hpp>

namespace gate::config {

namespace {

struct complaint {
    std::string_view key;
    std::string message;
};

std::vector<complaint> complaints_of(const upstream_options& of) {
    std::vector<complaint> out;
    const auto& [ca_file, server_name, client_cert_file, client_key_file] = of.tls;
    if (!client_cert_file.empty() && client_key_file.empty())
        out.push_back({"client_cert_file", "needs client_key_file, too"});
    if (client_cert_file.empty() && !client_key_file.empty())
        out.push_back({"client_key_file", "needs client_cert_file, too"});
    if (of.target.tls) return out;
    // Who sets one of these believes that connections are protected by it.
    const auto useless = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) out.push_back({key, "has no effect: the URL of the upstream is not https"});
    };
    useless("ca_file", ca_file);
    useless("server_name", server_name);
    useless("client_cert_file", client_cert_file);
    useless("client_key_file", client_key_file);
    return out;
}

}  // namespace

void check_upstream_tls(draft& of) {
    for (const auto& [key, message] : complaints_of(of.value.upstream))
        of.blame("upstream.tls." + std::string(key), message);
    for (std::size_t i = 0; i < of.value.upstreams.size(); ++i) {
        const auto& each = of.value.upstreams[i];
        for (const auto& [key, message] : complaints_of(each.options))
            of.problems.add(of.upstream_places[i].of("tls"),
                            "upstreams." + each.name + ".tls." + std::string(key) + ": " + message);
    }
}

}  // namespace gate::config
