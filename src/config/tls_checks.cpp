#include <gate/config/draft.hpp>
#include <gate/config/tls_rules.hpp>

namespace gate::config {

namespace {

using complaints = std::vector<tls_complaint>;

// A user who sets one of these believes that connections are protected by it.
void check_without_certificates(const listener_tls_options& of, complaints& into) {
    const listener_tls_options standard;
    const auto useless = [&](std::string_view key, bool is_set) {
        if (is_set) into.push_back({key, "has no effect without certificates"});
    };
    useless("strict_sni", of.strict_sni);
    useless("min_version", of.min_version != standard.min_version);
    useless("ciphers", !of.ciphers.empty());
    useless("groups", !of.groups.empty());
    useless("client_ca_file", !of.client_ca_file.empty());
    useless("client_auth", of.client_auth != client_auth::none);
    useless("client_names", !of.client_names.empty());
    useless("ticket_key_file", !of.ticket_key_file.empty());
}

void report(draft& of, const std::string& section, const complaints& all) {
    for (const auto& each : all) of.blame(section + "." + std::string(each.key), each.message);
}

}  // namespace

std::vector<tls_complaint> check_listener_tls(const listener_tls_options& of) {
    complaints out;
    if (!of.is_on()) {
        check_without_certificates(of, out);
        return out;
    }
    const bool asks = of.client_auth != client_auth::none;
    if (asks && of.client_ca_file.empty())
        out.push_back({"client_auth", "needs client_ca_file, too: the authorities that clients come from"});
    if (!asks && !of.client_ca_file.empty())
        out.push_back({"client_ca_file", "has no effect while client_auth is none"});
    if (!asks && !of.client_names.empty())
        out.push_back({"client_names", "has no effect while client_auth is none"});
    if (of.min_version == tls_version::tls13 && !of.ciphers.empty())
        out.push_back({"ciphers", "has no effect: it is for TLS 1.2, and min_version is 1.3"});
    return out;
}

std::vector<tls_complaint> check_operating_tls(const operating_tls_options& of) {
    complaints out;
    if (!of.is_on() && of.min_version != operating_tls_options().min_version)
        out.push_back({"min_version", "has no effect without certificates"});
    return out;
}

void check_tls(draft& of) {
    report(of, "listener.tls", check_listener_tls(of.value.listener.tls));
    report(of, "status.tls", check_operating_tls(of.value.status.tls));
    report(of, "admin.tls", check_operating_tls(of.value.admin.tls));
    report(of, "answer.tls", check_listener_tls(of.value.answer.tls));
    for (std::size_t i = 0; i < of.value.listeners.size(); ++i) {
        for (const auto& each : check_listener_tls(of.value.listeners[i].options.tls))
            of.problems.add(of.listener_places[i].of("tls"), "listeners[" + std::to_string(i) + "].tls." +
                                                                 std::string(each.key) + ": " + each.message);
    }
}

}  // namespace gate::config
