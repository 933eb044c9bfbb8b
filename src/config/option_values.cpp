// Reading, printing and describing the values of options: one overload for each kind.
#include <gate/config/certificate_text.hpp>
#include <gate/config/options.hpp>
#include <gate/config/problem.hpp>
#include <gate/config/ratio.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::config {

namespace {

using texts = std::vector<std::string>;

// Stores what was parsed, or returns why not.
template <class T, class Field>
std::string store(parsed<T> value, const Field& at, config& into) {
    if (!value) return value.error();
    at.get(into) = std::move(*value);
    return {};
}

template <class T, class Kind>
std::string store_in_range(const parsed<T>& value, const Kind& kind, config& into, std::string (*print)(T)) {
    if (!value) return value.error();
    if (*value < kind.least || *value > kind.most) {
        return "must be between " + print(kind.least) + " and " + print(kind.most);
    }
    kind.at.get(into) = *value;
    return {};
}

std::string format_count(std::uint64_t value) {
    return std::to_string(value);
}

std::string read(const boolean_value& kind, const std::string& text, config& into) {
    return store(parse_boolean(text), kind.at, into);
}
std::string read(const count_value& kind, const std::string& text, config& into) {
    return store_in_range<std::uint64_t>(parse_count(text), kind, into, format_count);
}
std::string read(const size_value& kind, const std::string& text, config& into) {
    return store_in_range<std::uint64_t>(parse_size(text), kind, into, format_size);
}
std::string read(const byte_rate_value& kind, const std::string& text, config& into) {
    return store_in_range<std::uint64_t>(parse_byte_rate(text), kind, into, format_byte_rate);
}
std::string read(const share_value& kind, const std::string& text, config& into) {
    return store_in_range<std::uint64_t>(parse_share(text), kind, into, format_share);
}
std::string read(const ratio_value& kind, const std::string& text, config& into) {
    return store(parse_ratio(text), kind.at, into);
}
std::string read(const duration_value& kind, const std::string& text, config& into) {
    return store_in_range<duration>(parse_duration(text), kind, into, format_duration);
}
std::string read(const listen_value& kind, const std::string& text, config& into) {
    return store(parse_listen_address(text), kind.at, into);
}
std::string read(const optional_listen_value& kind, const std::string& text, config& into) {
    if (!text.empty()) return store(parse_listen_address(text), kind.at, into);
    kind.at.get(into).reset();
    return {};
}
std::string read(const socket_mode_value& kind, const std::string& text, config& into) {
    return store(parse_socket_mode(text), kind.at, into);
}
std::string read(const url_value& kind, const std::string& text, config& into) {
    auto value = kind.may_be_socket ? parse_upstream(text) : parse_url(text);
    if (!value) return value.error();
    if (auto bad = kind.check(*value); !bad.empty()) return bad;
    kind.at.get(into) = std::move(*value);
    return {};
}
std::string read(const text_value& kind, const std::string& text, config& into) {
    if (auto bad = kind.check(text); !bad.empty()) return bad;
    kind.at.get(into) = text;
    return {};
}
std::string read(const choice_value& kind, const std::string& text, config& into) {
    const auto found = std::find(kind.names.begin(), kind.names.end(), text);
    if (found == kind.names.end()) {
        std::string names;
        for (const auto name : kind.names) names += (names.empty() ? "" : ", ") + std::string(name);
        return "needs one of " + names + ", not " + in_quotes(text);
    }
    kind.set(into, static_cast<unsigned>(found - kind.names.begin()));
    return {};
}
std::string read(const workers_value& kind, const std::string& text, config& into) {
    const auto number = text == "auto" ? parsed<std::uint64_t>(0) : parse_count(text);
    if (!number || (text != "auto" && (*number < 1 || *number > kind.most))) {
        return "needs auto, or a number from 1 to " + std::to_string(kind.most) + ", not " + in_quotes(text);
    }
    kind.at.get(into) = static_cast<unsigned>(*number);
    return {};
}

template <class Kind>
std::vector<item_problem> read_one(const Kind& kind, std::span<const std::string> values, config& into) {
    auto bad = values.size() == 1 ? read(kind, values.front(), into) : "needs one value";
    if (bad.empty()) return {};
    return {{0, std::move(bad)}};
}

// Items that `parse` accepts, each once; the field changes only when all are good.
template <class T, class Parse>
std::vector<item_problem> read_list(const field<std::vector<T>>& at, std::span<const std::string> values,
                                    config& into, Parse parse) {
    constexpr std::size_t most = 1000;
    if (values.size() > most) return {{most, "has more than 1000 items"}};
    std::vector<item_problem> bad;
    std::vector<T> list;
    for (std::size_t i = 0; i < values.size(); ++i) {
        parsed<T> item = parse(values[i]);
        if (!item) {
            bad.push_back({i, item.error()});
        } else if (std::find(list.begin(), list.end(), *item) != list.end()) {
            bad.push_back({i, in_quotes(values[i]) + " is in the list twice"});
        } else {
            list.push_back(std::move(*item));
        }
    }
    if (bad.empty()) at.get(into) = std::move(list);
    return bad;
}

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
    return format_count(kind.least) + ".." + format_count(kind.most);
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

struct reader {
    std::span<const std::string> values;
    config& into;

    template <class Kind>
    std::vector<item_problem> operator()(const Kind& kind) const {
        return read_one(kind, values, into);
    }
    std::vector<item_problem> operator()(const text_list& kind) const {
        return read_list(kind.at, values, into, [&](const std::string& text) -> parsed<std::string> {
            if (auto bad = kind.check(text); !bad.empty()) return refusal{in_quotes(text) + " " + bad};
            return text;
        });
    }
    std::vector<item_problem> operator()(const network_list& kind) const {
        return read_list(kind.at, values, into, [](const std::string& text) { return parse_network(text); });
    }
    std::vector<item_problem> operator()(const certificate_list& kind) const {
        return read_list(kind.at, values, into,
                         [](const std::string& text) { return parse_certificate(text); });
    }
};

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

std::vector<item_problem> assign(const option& which, std::span<const std::string> values, config& into) {
    return std::visit(reader{values, into}, which.kind);
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
        if (which.path.starts_with(section))
            out.emplace_back(which.path.substr(section.size()), values_of(which, only).front());
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
