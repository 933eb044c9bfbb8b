// Rules of the section `fleet` that need more than one value.
#include <gate/config/draft.hpp>
#include <gate/config/store_url.hpp>

namespace gate::config {

void check_fleet(draft& of) {
    const auto& fleet = of.value.fleet;
    const auto useless = [&](const char* path, const std::string& value, const char* why) {
        if (!value.empty()) of.blame(path, why);
    };
    const auto& [ca_file, server_name, cert_file, key_file] = fleet.tls;
    if (of.is_wrong("fleet.url")) return;
    if (!fleet.is_on()) {
        useless("fleet.key_file", fleet.key_file, "needs fleet.url, too");
        useless("fleet.username", fleet.username, "needs fleet.url, too");
        useless("fleet.password_file", fleet.password_file, "needs fleet.url, too");
    }
    if (!is_sentinel_store(fleet.url)) {
        constexpr auto why = "has no effect: fleet.url is not redis+sentinel:// or rediss+sentinel://";
        useless("fleet.sentinel.username", fleet.sentinel.username, why);
        useless("fleet.sentinel.password_file", fleet.sentinel.password_file, why);
    }
    if (!cert_file.empty() && key_file.empty())
        of.blame("fleet.tls.client_cert_file", "needs client_key_file, too");
    if (cert_file.empty() && !key_file.empty())
        of.blame("fleet.tls.client_key_file", "needs client_cert_file, too");
    if (is_tls_store(fleet.url)) return;
    // A file here means that somebody believes that connections are protected by it.
    constexpr auto why = "has no effect: fleet.url is not rediss:// or one of its forms";
    useless("fleet.tls.ca_file", ca_file, why);
    useless("fleet.tls.server_name", server_name, why);
    useless("fleet.tls.client_cert_file", cert_file, why);
    useless("fleet.tls.client_key_file", key_file, why);
}

}  // namespace gate::config
