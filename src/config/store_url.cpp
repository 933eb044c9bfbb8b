#include <gate/config/problem.hpp>
#include <gate/config/store_url.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>

namespace gate::config {
namespace {

constexpr std::size_t most_hosts = 16;
constexpr std::size_t longest_name = 100;
constexpr unsigned most_databases = 100'000;

struct scheme {
    std::string_view text;
    store_kind kind;
    bool tls;
};
constexpr std::array schemes{scheme{"redis://", store_kind::single, false},
                             scheme{"rediss://", store_kind::single, true},
                             scheme{"redis+sentinel://", store_kind::sentinel, false},
                             scheme{"rediss+sentinel://", store_kind::sentinel, true},
                             scheme{"redis+cluster://", store_kind::cluster, false},
                             scheme{"rediss+cluster://", store_kind::cluster, true}};
constexpr std::string_view unix_scheme = "unix:";

std::uint16_t default_port(store_kind kind) {
    return kind == store_kind::sentinel ? 26379 : 6379;
}

parsed<store_host> parse_host(std::string_view text, store_kind kind) {
    if (text.empty()) return refusal{"needs a host"};
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    std::string whole = "http://" + std::string(text);
    if (colon == std::string_view::npos) whole += ":" + std::to_string(default_port(kind));
    const auto got = parse_url(whole);
    if (!got) return refusal{got.error()};
    return store_host{got->host, got->port};
}

parsed<store_url> parse_hosts(std::string_view text, store_url out) {
    for (;;) {
        const auto comma = text.find(',');
        auto one = parse_host(text.substr(0, comma), out.kind);
        if (!one) return refusal{one.error()};
        out.hosts.push_back(std::move(*one));
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    if (out.kind == store_kind::single && out.hosts.size() > 1)
        return refusal{"needs one host; several are for redis+sentinel:// and redis+cluster://"};
    if (out.hosts.size() > most_hosts) return refusal{"may name 16 hosts at most"};
    return out;
}

std::string read_database(std::string_view text, store_url& into) {
    const auto number = parse_count(text);
    if (!number || *number >= most_databases) return "needs the number of a database after the last /";
    into.database = static_cast<unsigned>(*number);
    return {};
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name &&
           std::ranges::all_of(text, [](char c) { return core::is_visible(c) && c != '/'; });
}

// What follows the hosts: a database, or the name that sentinels know and perhaps a database.
std::string read_path(std::string_view path, store_url& into) {
    if (into.kind == store_kind::cluster)
        return path.empty() ? "" : "may have no path: a cluster has one database";
    if (into.kind == store_kind::single) return path.empty() ? "" : read_database(path, into);
    const auto slash = path.find('/');
    if (!is_name(path.substr(0, slash)))
        return "needs the name that the sentinels know after the hosts, such as "
               "redis+sentinel://host1,host2/mymaster";
    into.master = path.substr(0, slash);
    return slash == std::string_view::npos ? "" : read_database(path.substr(slash + 1), into);
}

parsed<store_url> parse_socket(std::string_view path) {
    const auto got = parse_upstream(std::string(unix_scheme) + std::string(path));
    if (!got) return refusal{got.error()};
    store_url out;
    out.socket = got->socket;
    return out;
}

}  // namespace

parsed<store_url> parse_store_url(std::string_view text) {
    if (text.starts_with(unix_scheme)) return parse_socket(text.substr(unix_scheme.size()));
    const auto* const found =
        std::ranges::find_if(schemes, [&](const scheme& each) { return text.starts_with(each.text); });
    // An address with a password in it must not be shown: nothing of it stands in a message.
    if (text.find('@') != std::string_view::npos)
        return refusal{
            "may hold no credentials: use fleet.username, and fleet.password_file or "
            "GATE_SIDECAR_FLEET_PASSWORD"};
    if (found == schemes.end())
        return refusal{"needs redis://, rediss://, unix:, redis+sentinel:// or redis+cluster://, not " +
                       in_quotes(text)};
    text.remove_prefix(found->text.size());
    if (text.find_first_of("?#") != std::string_view::npos) return refusal{"may have no ? and no #"};
    store_url out;
    out.kind = found->kind;
    out.tls = found->tls;
    const auto slash = text.find('/');
    auto got = parse_hosts(text.substr(0, slash), std::move(out));
    if (!got) return got;
    const auto path = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    if (auto bad = read_path(path, *got); !bad.empty()) return refusal{std::move(bad)};
    return got;
}

bool is_tls_store(std::string_view url) {
    const auto got = parse_store_url(url);
    return got && got->tls;
}

bool is_sentinel_store(std::string_view url) {
    const auto got = parse_store_url(url);
    return got && got->kind == store_kind::sentinel;
}

std::string format_store_url(const store_url& url) {
    if (!url.socket.empty()) return std::string(unix_scheme) + url.socket;
    std::string out;
    for (const auto& each : schemes)
        if (each.kind == url.kind && each.tls == url.tls) out = each.text;
    for (std::size_t i = 0; i < url.hosts.size(); ++i) {
        const auto& host = url.hosts[i].host;
        const bool is_v6 = host.find(':') != std::string::npos;
        out +=
            (i == 0 ? "" : ",") + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(url.hosts[i].port);
    }
    if (!url.master.empty()) out += "/" + url.master;
    if (url.database != 0) out += "/" + std::to_string(url.database);
    return out;
}

}  // namespace gate::config
