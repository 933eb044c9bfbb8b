#include <gate/http/forwarded_client_cert.hpp>

#include <algorithm>

namespace gate::http {
namespace {

constexpr std::size_t longest_line = 4096;

// A backslash is none of Envoy's escapes but before a quote, and readers differ in what it means.
bool can_be_carried(std::string_view value) noexcept {
    return !value.empty() &&
           std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

bool needs_quotes(std::string_view value) noexcept {
    return value.find_first_of(",;=\" ") != value.npos;
}

std::string in_quotes(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"') out += '\\';
        out += c;
    }
    return out += '"';
}

void append_pair(std::string_view key, std::string_view value, std::string& out) {
    if (!can_be_carried(value)) return;
    const auto text = needs_quotes(value) ? in_quotes(value) : std::string(value);
    if (out.size() + key.size() + text.size() + 2 > longest_line) return;
    out.append(out.ends_with(' ') ? "" : ";").append(key).append("=").append(text);
}

}  // namespace

std::string forwarded_client_cert_line(std::string_view sha256, const client_names& names) {
    std::string out = "X-Forwarded-Client-Cert: ";
    append_pair("Hash", sha256, out);
    for (const auto& each : names.uris) append_pair("URI", each, out);
    for (const auto& each : names.dns_names) append_pair("DNS", each, out);
    return out += "\r\n";
}

}  // namespace gate::http
