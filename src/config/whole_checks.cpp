#include <gate/config/draft.hpp>
#include <gate/config/files.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/secret.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <unistd.h>

namespace gate::config {

namespace {

std::optional<std::string> variable(const load_input& input, std::string_view name) {
    if (!input.environment) return {};
    auto text = input.environment(name);
    if (text && text->empty()) text.reset();
    return text;
}

bool is_missing(const std::string& path) {
    return ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
}

// FOIL_SECRET_KEY_FILE is a second, weaker name for the variable of gate.secret_key_file.
void apply_file_variable(const load_input& input, draft& into) {
    constexpr std::string_view name = "FOIL_SECRET_KEY_FILE";
    const auto path = variable(input, name);
    if (!path || !into.value.gate.secret_key_file.empty()) return;
    if (variable(input, "FOIL_SECRET_KEY")) {
        into.problems.add(std::string(name), "FOIL_SECRET_KEY is set too: set one of them");
        return;
    }
    into.set(*find_option("gate.secret_key_file"),
             {{*path}, {}, {}, {origin::kind_t::environment, std::string(name)}});
}

void take_key_from_file(const load_input& input, draft& into) {
    const std::string& path = into.value.gate.secret_key_file;
    if (!input.require_secret_key && is_missing(path)) return;
    auto key = read_secret_key(path);
    if (!key) return into.blame("gate.secret_key_file", in_quotes(path) + " " + key.error());
    into.value.secret_key = std::move(*key);
    into.secret_key_origin = {origin::kind_t::file, path};
}

void take_key_from_environment(const load_input& input, draft& into) {
    const std::string name = "FOIL_SECRET_KEY";
    auto text = variable(input, name);
    if (!text) {
        if (!input.require_secret_key) return;
        return into.problems.add(
            name,
            "there is no secret key: set this variable, or gate.secret_key_file to a file "
            "that holds it");
    }
    auto key = check_secret_key(core::secret_string(std::move(*text)));
    if (!key) return into.problems.add(name, key.error());
    into.value.secret_key = std::move(*key);
    into.secret_key_origin = {origin::kind_t::environment, name};
}

struct named_endpoint {
    std::string_view path;
    const endpoint* address;
};

std::array<named_endpoint, 3> listeners(const config& of) {
    return {{{"listener.address", &of.listener.address},
             {"status.address", &of.status.address},
             {"admin.address", &of.admin.address}}};
}

// Whether the system lets only one of them be bound.
bool clash(const endpoint& a, const endpoint& b) {
    const auto is_v6 = [](const endpoint& e) { return e.host.find(':') != std::string::npos; };
    const auto is_wildcard = [](const endpoint& e) { return e.host == "0.0.0.0" || e.host == "::"; };
    if (a.port == 0 || a.port != b.port || is_v6(a) != is_v6(b)) return false;
    return a.host == b.host || is_wildcard(a) || is_wildcard(b);
}

bool is_given(const draft& of, std::string_view path) {
    return of.origin_of(path).kind != origin::kind_t::standard;
}

// The later of the two is blamed, unless only the earlier one was given.
void check_addresses(draft& of) {
    const auto all = listeners(of.value);
    for (std::size_t later = 1; later < all.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (!clash(*all[earlier].address, *all[later].address)) continue;
            auto [at, other] = std::pair(all[later].path, all[earlier].path);
            if (!is_given(of, at)) std::swap(at, other);
            of.blame(at, "is the same address and port as " + std::string(other));
        }
    }
}

// An upstream that is one of our own listeners would make every request go round in circles.
void check_upstream_loop(draft& of) {
    const url& target = of.value.upstream.target;
    for (const auto& [path, address] : listeners(of.value)) {
        if (address->port == 0 || address->port != target.port) continue;
        const bool everywhere = address->host == "0.0.0.0" || address->host == "::";
        const bool local = is_loopback(target.host) && (everywhere || is_loopback(address->host));
        if (!local && address->host != target.host) continue;
        const bool upstream_given = is_given(of, "upstream.url");
        of.blame(upstream_given ? "upstream.url" : path, upstream_given
                                                             ? "is this program's own " + std::string(path)
                                                             : "is the address of upstream.url");
    }
}

void check_ca_file(draft& of) {
    const std::string& path = of.value.gate.ca_file;
    if (path.empty()) return;
    if (auto bad = check_readable(path); !bad.empty()) of.blame("gate.ca_file", in_quotes(path) + " " + bad);
}

}  // namespace

std::string secret_hint(std::string_view unknown_path) {
    const auto name = unknown_path.substr(
        unknown_path.find('.') == std::string_view::npos ? 0 : unknown_path.find('.') + 1);
    if (name != "secret_key" && name != "api_key" && name != "secret") return {};
    return "secrets do not belong here: set FOIL_SECRET_KEY, or name a file in gate.secret_key_file";
}

void resolve_secret_key(const load_input& input, draft& into) {
    apply_file_variable(input, into);
    if (!into.value.gate.secret_key_file.empty()) {
        take_key_from_file(input, into);
    } else {
        take_key_from_environment(input, into);
    }
}

void check_whole(draft& of) {
    check_addresses(of);
    check_upstream_loop(of);
    check_ca_file(of);
}

}  // namespace gate::config
