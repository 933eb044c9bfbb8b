// Printing the values of options, and describing what may be written: one overload for each kind.
#include <gate/config/certificate_text.hpp>
#include <gate/config/options.hpp>
#include <gate/config/ratio.hpp>
#include <gate/config/scalars.hpp>

namespace gate::config {

namespace {

using texts = std::vector<std::string>;

std::string print(const boolean_value& kind, const config& c) {
    return kind.at.peek(c) ? "true" : "false";
}
std::string print(const count_value& kind, const config& c) {
    return std::to_string(kind.at.peek(c));
}
std::string print(const size_value& kind, const config& c) {
    return format_size(kind.at.peek(c));
}
std::string print(const byte_rate_value& kind, const config& c) {
    return format_byte_rate(kind.at.peek(c));
}
std::string print(const share_value& kind, const config& c) {
    return format_share(kind.at.peek(c));
}
std::string print(const ratio_value& kind, const config& c) {
    return format_ratio(kind.at.peek(c));
}
std::string print(const duration_value& kind, const config& c) {
    return format_duration(kind.at.peek(c));
}
std::string print(const listen_value& kind, const config& c) {
    return format_listen_address(kind.at.peek(c));
}
std::string print(const optional_listen_value& kind, const config& c) {
    const auto& value = kind.at.peek(c);
    return value ? format_listen_address(*value) : std::string();
}
std::string print(const socket_mode_value& kind, const config& c) {
    return format_socket_mode(kind.at.peek(c));
}
std::string print(const url_value& kind, const config& c) {
    return format_url(kind.at.peek(c));
}
std::string print(const text_value& kind, const config& c) {
    return kind.at.peek(c);
}
std::string print(const choice_value& kind, const config& c) {
    return std::string(kind.names[kind.peek(c)]);
}
std::string print(const workers_value& kind, const config& c) {
    return kind.at.peek(c) == 0 ? "auto" : std::to_string(kind.at.peek(c));
}

std::string range(const boolean_value&) {
    return "true or false";
}
std::string range(const count_value& kind) {
    return std::to_string(kind.least) + ".." + std::to_string(kind.most);
}
std::string range(const size_value& kind) {
    return format_size(kind.least) + ".." + format_size(kind.most);
}
std::string range(const byte_rate_value& kind) {
    return format_byte_rate(kind.least) + ".." + format_byte_rate(kind.most);
}
std::string range(const share_value& kind) {
    return format_share(kind.least) + ".." + format_share(kind.most);
}
std::string range(const ratio_value&) {
    return "0..1";
}
std::string range(const duration_value& kind) {
    return format_duration(kind.least) + ".." + format_duration(kind.most);
}
std::string range(const listen_value&) {
    return "address:port, unix:/path or systemd:name";
}
std::string range(const optional_listen_value&) {
    return "address:port, unix:/path, systemd:name, or empty";
}
std::string range(const socket_mode_value&) {
    return "four octal digits";
}
std::string range(const url_value& kind) {
    return kind.may_be_socket ? "a URL, or unix:/path" : "a URL";
}
std::string range(const text_value& kind) {
    return std::string(kind.form);
}
std::string range(const choice_value& kind) {
    std::string out;
    for (const auto name : kind.names) out += (out.empty() ? "" : " or ") + std::string(name);
    return out;
}
std::string range(const workers_value& kind) {
    return "auto or 1.." + std::to_string(kind.most);
}
std::string range(const text_list& kind) {
    return std::string(kind.form);
}
std::string range(const network_list&) {
    return "a list of addresses, CIDR ranges and unix";
}
std::string range(const certificate_list&) {
    return "a list of {cert_file, key_file}";
}

struct printer {
    const config& from;

    template <class Kind>
    texts operator()(const Kind& kind) const {
        return {print(kind, from)};
    }
    texts operator()(const text_list& kind) const { return kind.at.peek(from); }
    texts operator()(const network_list& kind) const {
        texts out;
        for (const network& item : kind.at.peek(from)) out.push_back(format_network(item));
        return out;
    }
    texts operator()(const certificate_list& kind) const {
        texts out;
        for (const certificate_files& item : kind.at.peek(from)) out.push_back(format_certificate(item));
        return out;
    }
};

}  // namespace

std::string range_of(const option& which) {
    return std::visit([](const auto& kind) { return range(kind); }, which.kind);
}

std::vector<std::string> values_of(const option& which, const config& from) {
    return std::visit(printer{from}, which.kind);
}

std::vector<std::pair<std::string_view, std::string>> upstream_values(const upstream_options& of) {
    constexpr std::string_view section = "upstream.";
    config only;
    only.upstream = of;
    std::vector<std::pair<std::string_view, std::string>> out;
    for (const option& which : all_options()) {
        if (!which.path.starts_with(section)) continue;
        std::string all;
        for (const auto& each : values_of(which, only)) all += all.empty() ? each : ", " + each;
        out.emplace_back(which.path.substr(section.size()), std::move(all));
    }
    return out;
}

std::vector<listener_value> listener_values(const listener_options& of) {
    constexpr std::string_view section = "listener.";
    config only;
    only.listener = of;
    std::vector<listener_value> out;
    for (const option& which : all_options()) {
        if (which.path.starts_with(section))
            out.push_back({which.path.substr(section.size()), which, values_of(which, only)});
    }
    return out;
}

}  // namespace gate::config
