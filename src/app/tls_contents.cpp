#include <gate/app/tls_contents.hpp>

#include <algorithm>

namespace gate::app {
namespace {

template <class T>
bool is_same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return a == b || (a && b && *a == *b);
}

void add(std::vector<used_certificate>& out, std::string_view use, const tls_contents::server& from) {
    if (!from) return;
    for (const auto& each : from->certificates) out.push_back({use, &each});
}

void add(std::vector<used_certificate>& out, std::string_view use, const tls_contents::client& from) {
    if (from && from->own) out.push_back({use, &*from->own});
}

bool holds(const std::vector<used_certificate>& all, const used_certificate& one) {
    return std::ranges::any_of(all, [&](const used_certificate& each) {
        return each.use == one.use && each.certificate->sha256 == one.certificate->sha256;
    });
}

std::string name_of(const used_certificate& one) {
    const auto& name = one.certificate->first_name;
    return std::string(one.use) + " " + (name.empty() ? "(without a name)" : name);
}

void compare_rest(const std::string& where, const tls_contents::server& before,
                  const tls_contents::server& after, std::vector<std::string>& into) {
    if (!before || !after) return;
    if (before->client_ca_pem != after->client_ca_pem)
        into.push_back("the content of " + where + ".client_ca_file");
    if (before->ticket_keys != after->ticket_keys)
        into.push_back("the content of " + where + ".ticket_key_file");
}

bool has_other_authorities(const tls_contents::client& a, const tls_contents::client& b) {
    return a && b && a->ca_pem != b->ca_pem;
}

bool has_other_upstream_authorities(const tls_contents& before, const tls_contents& after) {
    if (before.upstreams.size() != after.upstreams.size()) return false;
    for (std::size_t i = 0; i < before.upstreams.size(); ++i) {
        if (has_other_authorities(before.upstreams[i], after.upstreams[i])) return true;
    }
    return false;
}

}  // namespace

tls_contents::server tls_contents::of_listener(std::string_view name) const {
    const auto found = std::ranges::find(listeners, name, &named::name);
    return found == listeners.end() ? nullptr : found->material;
}

bool tls_contents::operator==(const tls_contents& other) const {
    const auto same_listener = [](const named& a, const named& b) {
        return a.name == b.name && is_same(a.material, b.material);
    };
    return std::ranges::equal(listeners, other.listeners, same_listener) && is_same(status, other.status) &&
           is_same(admin, other.admin) && is_same(answer, other.answer) &&
           std::ranges::equal(upstreams, other.upstreams, is_same<net::client_tls_material>) &&
           is_same(fleet, other.fleet);
}

std::vector<used_certificate> all_certificates(const tls_contents& in) {
    std::vector<used_certificate> out;
    for (const auto& each : in.listeners) add(out, "listener", each.material);
    add(out, "status", in.status);
    add(out, "admin", in.admin);
    add(out, "answer", in.answer);
    for (const auto& each : in.upstreams) add(out, "upstream", each);
    add(out, "fleet", in.fleet);
    return out;
}

// In place of which one a new certificate stands is not known where their number changes, too: of one use,
// all that come and all that go are compared.
std::string why_not_to_replace(const tls_contents& before, const tls_contents& next,
                               std::chrono::sys_seconds now) {
    const auto old_ones = all_certificates(before), new_ones = all_certificates(next);
    for (const auto& comes : new_ones) {
        if (comes.certificate->not_after >= now || holds(old_ones, comes)) continue;
        const auto goes = std::ranges::find_if(old_ones, [&](const used_certificate& each) {
            return each.use == comes.use && each.certificate->is_in_date(now) && !holds(new_ones, each);
        });
        if (goes == old_ones.end()) continue;
        return "the new certificate of " + name_of(comes) + " has expired, and the one in use has not";
    }
    return {};
}

std::vector<std::string> tls_changes(const tls_contents& before, const tls_contents& after) {
    std::vector<std::string> out;
    const auto old_ones = all_certificates(before);
    for (const auto& each : all_certificates(after)) {
        if (!holds(old_ones, each))
            out.push_back("the certificate of " + name_of(each) + " (SHA-256 " + each.certificate->sha256 +
                          ")");
    }
    for (const auto& each : after.listeners)
        compare_rest(each.name == "proxy" ? "listener.tls" : "listeners." + each.name + ".tls",
                     before.of_listener(each.name), each.material, out);
    compare_rest("answer.tls", before.answer, after.answer, out);
    if (has_other_upstream_authorities(before, after))
        out.emplace_back("the content of an upstream's tls.ca_file");
    if (has_other_authorities(before.fleet, after.fleet))
        out.emplace_back("the content of fleet.tls.ca_file");
    return out;
}

}  // namespace gate::app
