#include "text_patterns.hpp"

#include <gate/config/discovery_rules.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/telemetry_rules.hpp>
#include <gate/http/client_name.hpp>
#include <gate/http/rerouting.hpp>

#include <algorithm>
#include <stdexcept>

namespace config_schema {

using namespace gate;

namespace {

constexpr std::string_view path_characters = "A-Za-z0-9._~!$&'()+,=:@%/-";
constexpr std::string_view host_or_address = "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?";
constexpr std::string_view scheme = "[Hh][Tt][Tt][Pp][Ss]?://";

std::string whole(const std::string& pattern) {
    return "^(" + pattern + ")$";
}

std::string url_with_path() {
    return std::string(scheme) + std::string(host_or_address) + "(/[" + std::string(path_characters) + "]*)?";
}

// What leads to the store of a fleet (config::parse_store_url).
std::string store_url() {
    const std::string host(host_or_address);
    const std::string hosts = "://" + host + "(," + host + "){0,15}";
    return "rediss?://" + host + "(/[0-9]*)?|rediss?\\+sentinel" + hosts +
           "/[!\"$-.0->A-~]{1,100}(/[0-9]+)?|rediss?\\+cluster" + hosts + "/?|unix:(/[^/]|@).{0,105}";
}

// Letters of both cases.
std::string in_any_case(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c < 'a' || c > 'z') {
            out += c;
        } else {
            out += {'[', static_cast<char>(c - 'a' + 'A'), c, ']'};
        }
    }
    return out;
}

std::string passed_names() {
    std::string out;
    for (const auto name : http::rerouting_names) out += (out.empty() ? "" : "|") + in_any_case(name);
    return out;
}

struct known_check {
    std::string (*check)(std::string_view);
    std::string pattern;  // of the whole text
};

const known_check* begin_of_checks() {
    static const known_check all[] = {
        {config::check_path, "/[" + std::string(path_characters) + "]{0,1023}"},
        {config::check_header_name, "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"},
        {config::check_passed_name, passed_names()},
        {config::check_host_name, "[A-Za-z0-9._-]{1,253}"},
        {config::check_server_name, "[A-Za-z0-9._:-]{0,253}"},
        {config::check_store_address, "|" + store_url()},
        {config::check_store_user, "[!-~]{0,128}"},
        {config::check_member_name, "[A-Za-z0-9._-]{1,64}"},
        {config::check_file_name, "(?!.*sk_(live|test)_)[^\\u0000-\\u001f\\u007f]*"},
        {config::check_openssl_list, "[!-~]{0,2048}"},
        {config::check_public_url, "|" + url_with_path()},
        {config::check_service_id, "|[A-Za-z0-9][A-Za-z0-9._-]{0,63}"},
        {config::check_api_name, "[^\\u0000-\\u001f\\u007f-\\u009f]{0,128}"},
        {config::check_page_url, "|" + url_with_path() + "([?#][!-~]*)?"},
        {config::check_collector_url, "|" + url_with_path()},
        {config::check_service_name, "[^\\u0000-\\u001f\\u007f]{0,255}"},
        {config::check_resource_attribute, "[^\\u0000-\\u001f\\u007f=]+=[^\\u0000-\\u001f\\u007f]*"},
        {http::check_client_name_pattern, "[!-~]{1,2048}"},
        {nullptr, ""},
    };
    return all;
}

}  // namespace

std::string pattern_of(std::string (*check)(std::string_view)) {
    for (const auto* each = begin_of_checks(); each->check != nullptr; ++each)
        if (each->check == check) return whole(each->pattern);
    throw std::logic_error("text_patterns.cpp has no pattern for a check of the option table");
}

std::string listen_pattern() {
    return "([0-9.]{7,15}|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}|unix:/[^/](.{0,104}[^/])?|systemd:[!-9;-~]{1,255}";
}

std::string network_pattern() {
    return whole("unix|[0-9A-Fa-f:.]+(/[0-9]{1,3})?");
}

std::string url_pattern(const config::url_value& kind) {
    if (!kind.may_be_socket) return whole(url_with_path());
    return whole(std::string(scheme) + std::string(host_or_address) + "/?|unix:(/[^/]|@).{0,105}");
}

std::string socket_mode_pattern() {
    return "^0(?![0145]{3}$)[0-7]{3}$";  // somebody has the right to write
}

std::string route_pattern(std::string_view key) {
    if (key == "path") return whole("/[*" + std::string(path_characters) + "]{0,1023}");
    if (key == "host") return whole("(\\*\\.)?[a-z0-9._-]{1,253}|\\[[0-9a-f:.]+\\]");
    if (key == "methods") return whole("(?!(CONNECT|TRACE)$)[A-Z_-]{1,32}");
    if (key == "upstream" || key == "name") return entry_name_pattern();
    throw std::logic_error("text_patterns.cpp has no pattern for the key of a route: " + std::string(key));
}

std::string entry_name_pattern() {
    return whole("[A-Za-z0-9._-]{1,64}");
}

std::string listener_name_pattern() {
    return whole("(?!(proxy|status|admin|answer)$)[a-z0-9-]{1,32}");
}

}  // namespace config_schema
