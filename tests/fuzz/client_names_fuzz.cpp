// Names of client certificates. The first line of the input is a pattern, each further one a name: a DNS name
// after 'D', a URI after any other byte.

#include <gate/core/text.hpp>
#include <gate/http/client_name.hpp>
#include <gate/http/forwarded_client_cert.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using texts = std::vector<std::string>;
constexpr std::string_view field_begin = "X-Forwarded-Client-Cert: ";

void require(bool holds) {
    if (!holds) std::abort();
}

// One value at the beginning of `from`, as Envoy's grammar has it: a pair ends with ';', an element with ','.
std::optional<std::string> take_value(std::string_view& from) {
    std::string out;
    if (!from.starts_with('"')) {
        const auto end = std::min(from.find_first_of(",;=\" "), from.size());
        out = from.substr(0, end);
        from.remove_prefix(end);
        return out;
    }
    for (from.remove_prefix(1); !from.empty(); from.remove_prefix(1)) {
        if (from.front() == '"') {
            from.remove_prefix(1);
            return out;
        }
        if (from.starts_with("\\\"")) from.remove_prefix(1);
        out += from.front();
    }
    return std::nullopt;
}

// The names that a reader finds come from the certificate, in its order, and there is nothing else.
void read_back(std::string_view line, const texts& uris, const texts& dns_names) {
    require(line.starts_with(field_begin) && line.ends_with("\r\n") && line.size() <= 4098);
    line = line.substr(field_begin.size(), line.size() - field_begin.size() - 2);
    require(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    require(line.starts_with("Hash=ab12"));
    line.remove_prefix(9);
    auto next_uri = uris.begin();
    auto next_dns = dns_names.begin();
    while (!line.empty()) {
        const bool is_uri = line.starts_with(";URI=");
        require(is_uri || line.starts_with(";DNS="));
        line.remove_prefix(5);
        const auto value = take_value(line);
        require(value.has_value());
        auto& next = is_uri ? next_uri : next_dns;
        const auto& all = is_uri ? uris : dns_names;
        next = std::find(next, all.end(), *value);
        require(next != all.end());
        ++next;
    }
}

std::size_t segments_of(std::string_view uri) {
    return static_cast<std::size_t>(std::count(uri.begin(), uri.end(), '/'));
}

// What must hold for a URI that matches, whatever the way to find out.
void check_match(std::string_view pattern, std::string_view uri) {
    require(std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c <= '~' && c != '\\'; }));
    require(segments_of(pattern) == segments_of(uri));
    const auto star = pattern.find('*');
    if (star == pattern.npos) return require(gate::core::iequals(pattern, uri));
    require(gate::core::iequals(pattern.substr(0, star), uri.substr(0, star)));
    const auto last = pattern.substr(pattern.rfind('*') + 1);
    require(uri.size() > last.size() && gate::core::iequals(uri.substr(uri.size() - last.size()), last));
    require(uri.find("/../") == uri.npos && !uri.ends_with("/.."));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto take_line = [&text] {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return line;
    };
    const std::string pattern(take_line());
    texts uris;
    texts dns_names;
    while (!text.empty()) {
        const auto line = take_line();
        if (line.empty()) continue;
        (line.front() == 'D' ? dns_names : uris).emplace_back(line.substr(1));
    }
    const gate::http::client_names names{uris, dns_names};
    read_back(gate::http::forwarded_client_cert_line("ab12", names), uris, dns_names);
    if (!gate::http::check_client_name_pattern(pattern).empty()) return 0;
    const bool matches = gate::http::client_name_matches(pattern, names);
    require(!matches || !gate::http::has_control_byte(names));
    bool has_found = false;
    for (const auto& each : pattern.find(':') == pattern.npos ? dns_names : uris) {
        const texts one{each};
        const bool is_uri = pattern.find(':') != pattern.npos;
        const gate::http::client_names only =
            is_uri ? gate::http::client_names{one, {}} : gate::http::client_names{{}, one};
        if (!gate::http::client_name_matches(pattern, only)) continue;
        has_found = true;
        if (is_uri) check_match(pattern, each);
        if (!is_uri) require(gate::core::iequals(pattern, each));
    }
    require(!matches || has_found);
    return 0;
}
