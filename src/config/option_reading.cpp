// Reading the values of options: one overload for each kind.
#include <gate/config/certificate_text.hpp>
#include <gate/config/options.hpp>
#include <gate/config/problem.hpp>
#include <gate/config/ratio.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::config {

namespace {

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

}  // namespace

std::vector<item_problem> assign(const option& which, std::span<const std::string> values, config& into) {
    return std::visit(reader{values, into}, which.kind);
}

}  // namespace gate::config
