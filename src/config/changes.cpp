#include <gate/config/changes.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::config {

namespace {

std::string value_text(const option& which, const config& from) {
    const auto values = values_of(which, from);
    if (!which.is_list()) return values.front();
    std::string out = "[";
    for (const auto& item : values) out += (out.size() > 1 ? ", " : "") + item;
    return out + "]";
}

template <class Item>
std::vector<Item> added(const std::vector<Item>& before, const std::vector<Item>& after) {
    std::vector<Item> out;
    std::ranges::copy_if(after, std::back_inserter(out),
                         [&](const Item& item) { return std::ranges::find(before, item) == before.end(); });
    return out;
}

std::string mode_text(const config& of) {
    return of.auth.mode == auth_mode::optional ? "optional" : "required";
}

void compare_access(const config& before, const config& after, std::vector<std::string>& into) {
    if (before.auth.mode == auth_mode::required && after.auth.mode == auth_mode::optional)
        into.push_back("auth.mode: required -> optional");
    for (const auto& path : added(before.auth.public_paths, after.auth.public_paths))
        into.push_back(path + ": " + mode_text(before) + " -> none");
}

void compare_trust(const config& before, const config& after, std::vector<std::string>& into) {
    for (const auto& range : added(before.forwarded.trusted_proxies, after.forwarded.trusted_proxies))
        into.push_back("forwarded.trusted_proxies: " + format_network(range) + " is trusted now");
    for (const auto& range : added(before.answer.trusted_peers, after.answer.trusted_peers))
        into.push_back("answer.trusted_peers: " + format_network(range) + " may ask now");
    for (const auto& name : added(before.forwarded.pass, after.forwarded.pass))
        into.push_back("forwarded.pass: " + name + ": removed -> passed on");
    for (const auto& host : added(before.admin.hosts, after.admin.hosts))
        into.push_back("admin.hosts: " + host + ": refused -> accepted");
    if (before.admin_token.empty() && !after.admin_token.empty())
        into.emplace_back("admin.token_file: no token -> a token: the admin listener now accepts changes");
    if (!before.upstream.forward_token && after.upstream.forward_token)
        into.emplace_back("upstream.forward_token: false -> true");
}

// For how long a token is believed that Gate has not been asked about.
void compare_belief(const config& before, const config& after, std::vector<std::string>& into) {
    const auto longer = [&](std::string_view name, duration was, duration is) {
        if (is > was)
            into.push_back(std::string(name) + ": " + format_duration(was) + " -> " + format_duration(is));
    };
    longer("cache.ttl", before.cache.ttl, after.cache.ttl);
    longer("cache.grace", before.cache.grace, after.cache.grace);
    longer("cache.stream_max_unverified", before.cache.stream_max_unverified,
           after.cache.stream_max_unverified);
    if (before.cache.verify_streams && !after.cache.verify_streams)
        into.emplace_back("cache.verify_streams: true -> false");
}

}  // namespace

std::vector<const option*> differences(const config& before, const config& after) {
    std::vector<const option*> out;
    for (const option& each : all_options()) {
        if (values_of(each, before) != values_of(each, after)) out.push_back(&each);
    }
    return out;
}

std::string describe_change(const option& which, const config& before, const config& after) {
    return std::string(which.path) + ": " + value_text(which, before) + " -> " + value_text(which, after);
}

std::vector<std::string> loosenings(const config& before, const config& after) {
    std::vector<std::string> out;
    compare_access(before, after, out);
    compare_trust(before, after, out);
    compare_belief(before, after, out);
    return out;
}

}  // namespace gate::config
