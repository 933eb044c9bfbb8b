#include <gate/config/problem.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/store_url.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/text.hpp>
#include <gate/core/utf8.hpp>
#include <gate/http/path_readings.hpp>
#include <gate/http/rerouting.hpp>
#include <gate/http/reserved_names.hpp>
#include <gate/http/token_characters.hpp>

#include <algorithm>

namespace gate::config {

namespace {

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

// pchar of RFC 3986 without the percent sign, and '/'
bool is_path_char(char c) {
    return core::is_alphanumeric(c) || is_one_of(c, "-._~!$&'()*+,;=:@/");
}

std::string check_path_characters(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '?') return "must not have a query";
        if (c == '#') return "must not have a fragment";
        if (c == '\\') return "must not contain a backslash";
        if (c == '%') {
            if (i + 2 >= path.size() || !core::is_hex_digit(path[i + 1]) ||
                !core::is_hex_digit(path[i + 2])) {
                return "has a '%' without two hexadecimal digits";
            }
        } else if (!is_path_char(c)) {
            return "has the character " + in_quotes(path.substr(i, 1)) + ", which must be percent-encoded";
        }
    }
    return {};
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        const auto end = std::min(path.find('/', 1), path.size());
        const auto segment = path.substr(0, end);
        if (segment == "/." || segment == "/..") return true;
        path.remove_prefix(end);
    }
    return false;
}

// The matcher of paths knows which pieces servers read differently: a path that has one never matches.
std::string check_ambiguity(std::string_view path) {
    const auto piece = http::find_ambiguous_piece(path);
    if (piece.empty()) return {};
    return "contains " + core::uppered(piece) + ", which servers interpret differently";
}

}  // namespace

std::string check_base_path(std::string_view path) {
    if (auto bad = check_path_characters(path); !bad.empty()) return bad;
    if (has_dot_segment(path)) return "must not have '.' or '..' segments";
    if (path.find("//") != std::string_view::npos) return "must not contain '//'";
    return {};
}

std::string check_path(std::string_view path) {
    constexpr std::size_t longest = 1024;
    if (path.empty() || path.front() != '/') return "must begin with '/'";
    if (path.size() > longest) return "must not be longer than 1024 bytes";
    if (auto bad = check_base_path(path); !bad.empty()) return bad;
    if (path.find(';') != std::string_view::npos) return "must not contain ';'";
    if (path.find('*') != std::string_view::npos) return "must not contain '*': patterns are for routes";
    return check_ambiguity(path);
}

std::string check_header_name(std::string_view name) {
    constexpr std::size_t longest = 128;
    if (name.empty()) return "needs the name of a header field";
    if (name.size() > longest) return "must not be longer than 128 bytes";
    const auto bad = std::find_if_not(name.begin(), name.end(), http::is_token_character);
    if (bad != name.end())
        return "has the character " + in_quotes({&*bad, 1}) + ", which no header field name may have";
    if (http::is_reserved_name(name)) {
        return in_quotes(name) + " has another purpose and cannot carry the account";
    }
    return {};
}

std::string check_passed_name(std::string_view name) {
    if (http::is_rerouting_name(name)) return {};
    std::string names;
    for (const auto each : http::rerouting_names) names += (names.empty() ? "" : ", ") + std::string(each);
    return "is not one of the fields that may be passed on: " + names;
}

std::string check_host_name(std::string_view name) {
    constexpr std::size_t longest = 253;
    const auto allowed = [](char c) { return core::is_alphanumeric(c) || is_one_of(c, "-._"); };
    if (name.empty() || name.size() > longest || !std::all_of(name.begin(), name.end(), allowed))
        return "needs 1 to 253 letters, digits, '-', '.' or '_', without a port";
    if (name.find_first_not_of("0123456789.") == std::string_view::npos)
        return "is an IP address; addresses are always accepted";
    return {};
}

std::string check_server_name(std::string_view name) {
    constexpr std::size_t longest = 253;
    const auto in_name = [](char c) { return core::is_alphanumeric(c) || is_one_of(c, "-._"); };
    const bool is_name = std::all_of(name.begin(), name.end(), in_name) && !name.starts_with('.') &&
                         name.find("..") == std::string_view::npos;
    const bool is_address = name.find('/') == std::string_view::npos && parse_network(name);
    if (name.size() > longest || !(is_name || is_address))
        return "needs the name of a host, or an IP address without brackets, without a port";
    return {};
}

std::string check_store_address(std::string_view url) {
    if (url.empty()) return {};
    const auto parsed_url = parse_store_url(url);
    return parsed_url ? std::string() : parsed_url.error();
}

std::string check_store_user(std::string_view name) {
    constexpr std::size_t longest = 128;
    if (name.size() > longest) return "is too long for a user name";
    if (!std::all_of(name.begin(), name.end(), core::is_visible)) return "needs visible ASCII characters";
    return {};
}

std::string check_entry_name(std::string_view name) {
    constexpr std::size_t longest = 64;
    const auto allowed = [](char c) { return core::is_alphanumeric(c) || is_one_of(c, "_.-"); };
    if (name.empty() || name.size() > longest || !std::all_of(name.begin(), name.end(), allowed))
        return "needs 1 to 64 letters, digits, '_', '-' or '.' as a name";
    return {};
}

std::string check_listener_name(std::string_view name) {
    constexpr std::size_t longest = 32;
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || core::is_digit(c) || c == '-'; };
    if (name.empty() || name.size() > longest || !std::all_of(name.begin(), name.end(), allowed))
        return "needs 1 to 32 lower-case letters, digits or '-'";
    if (name == "proxy" || name == "status" || name == "admin" || name == "answer")
        return in_quotes(name) + " is the name of a listener of its own";
    return {};
}

std::string check_method(std::string_view method) {
    constexpr std::size_t longest = 32;
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || is_one_of(c, "_-"); };
    if (method.empty() || method.size() > longest || !std::all_of(method.begin(), method.end(), allowed))
        return in_quotes(method) + " is not a method in upper case, such as GET";
    if (method == "CONNECT" || method == "TRACE") return in_quotes(method) + " is always refused";
    return {};
}

std::string check_member_name(std::string_view name) {
    constexpr std::size_t longest = 64;
    const auto allowed = [](char c) { return core::is_alphanumeric(c) || is_one_of(c, "_.-"); };
    if (name.empty() || name.size() > longest || !std::all_of(name.begin(), name.end(), allowed)) {
        return "needs 1 to 64 letters, digits, '_', '-' or '.'";
    }
    return {};
}

std::string check_file_name(std::string_view path) {
    if (path.find("sk_live_") != std::string_view::npos || path.find("sk_test_") != std::string_view::npos) {
        return "needs the path of a file, not a secret key";
    }
    if (path.size() > 4095) return "is too long for a path";
    if (find_bad_byte(path, false) != std::string_view::npos)
        return "must be UTF-8 without control characters";
    return {};
}

std::string check_openssl_list(std::string_view list) {
    constexpr std::size_t longest = 2048;
    if (list.size() > longest) return "must not be longer than 2048 bytes";
    if (!std::all_of(list.begin(), list.end(), core::is_visible))
        return "must be visible ASCII: names separated by colons";
    return {};
}

std::string check_upstream_url(const url& target) {
    if (!target.socket.empty()) return {};
    if (!target.path.empty()) return "must not have a path: each request keeps its own path";
    return {};
}

std::string check_gate_url(const url& base) {
    if (base.tls || is_loopback(base.host)) return {};
    return "must be https: plain http would reveal the secret key and is accepted only for the loopback";
}

std::size_t find_bad_byte(std::string_view text, bool lines) {
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        const bool layout = c == '\t' || c == '\n' || c == '\r';
        const bool control = (c >= 0 && c < 0x20 && !(lines && layout)) || c == 0x7f;
        const auto length = control ? 0 : core::utf8_sequence(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

}  // namespace gate::config
