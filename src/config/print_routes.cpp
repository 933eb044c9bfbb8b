#include <gate/config/options.hpp>
#include <gate/config/print.hpp>
#include <gate/config/scalars.hpp>

#include <array>
#include <optional>

namespace gate::config {

namespace {

// Names, methods and patterns have no quotes, backslashes or control characters.
std::string quoted_list(const std::vector<std::string>& items) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? ", \"" : "\"") + item + "\"";
    return out + "]";
}

std::string value_text(const option& which, const std::vector<std::string>& values) {
    if (!which.is_list()) return in_double_quotes(values.front());
    const bool is_map = std::holds_alternative<certificate_list>(which.kind);
    std::string out = "[";
    for (const auto& item : values)
        out += (out.size() > 1 ? ", " : "") + (is_map ? item : in_double_quotes(item));
    return out + "]";
}

std::string place_comment(const source_line& at) {
    return at.line == 0 ? "\n" : "  # line " + std::to_string(at.line) + "\n";
}

// {path: ["/a"], auth: none}
class flow_map {
public:
    void add(std::string_view key, std::string_view value) {
        text_.append(text_.empty() ? "" : ", ").append(key).append(": ").append(value);
    }
    void add_list(std::string_view key, const std::vector<std::string>& items) {
        if (!items.empty()) add(key, quoted_list(items));
    }
    void add_flag(std::string_view key, std::optional<bool> value) {
        if (value) add(key, *value ? "true" : "false");
    }
    void add_duration(std::string_view key, std::optional<duration> value) {
        if (value) add(key, format_duration(*value));
    }
    bool empty() const noexcept { return text_.empty(); }
    std::string text() const { return "{" + text_ + "}"; }

private:
    std::string text_;
};

}  // namespace

std::string render_route(const route_options& of) {
    flow_map out;
    if (!of.name.empty()) out.add("name", "\"" + of.name + "\"");
    out.add_list("host", of.hosts);
    out.add_list("path", of.paths);
    out.add_list("methods", of.methods);
    if (of.auth) out.add("auth", to_string(*of.auth));
    out.add_flag("shadow", of.shadow);
    out.add_flag("preflight", of.preflight);
    if (!of.upstream.empty()) out.add("upstream", "\"" + of.upstream + "\"");
    flow_map timeouts;
    timeouts.add_duration("response", of.response_timeout);
    timeouts.add_duration("stream_idle", of.stream_idle_timeout);
    timeouts.add_duration("body", of.body_timeout);
    if (!timeouts.empty()) out.add("timeouts", timeouts.text());
    if (!of.log) out.add("log", "false");
    return out.text();
}

std::string render_listeners(const config& of) {
    std::string out = of.listeners.empty() ? "" : "listeners:\n";
    for (const auto& each : of.listeners) {
        out += "  - name: \"" + each.name + "\"" + place_comment(each.at);
        std::string_view section;
        for (const auto& [path, which, values] : listener_values(each.options)) {
            const auto dot = path.rfind('.');
            const auto within = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
            if (!within.empty() && within != section) out += "    " + std::string(within) + ":\n";
            section = within;
            out += (within.empty() ? "    " : "      ") + std::string(which.name()) + ": " +
                   value_text(which, values) + "\n";
        }
    }
    return out;
}

std::string render_upstreams(const config& of) {
    std::string out = of.upstreams.empty() ? "" : "upstreams:\n";
    for (const auto& each : of.upstreams) {
        out += "  \"" + each.name + "\":" + place_comment(each.at);
        std::string_view open;  // the section within
        for (const auto& [path, value] : upstream_values(each.options)) {
            const auto dot = path.find('.');
            const auto section = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
            if (section != open && !section.empty()) out += "    " + std::string(section) + ":\n";
            open = section;
            out.append(section.empty() ? "    " : "      ").append(path.substr(dot + 1));
            out += ": " + in_double_quotes(value) + "\n";
        }
    }
    return out;
}

std::string render_routes(const config& of) {
    std::string out = of.routes.empty() ? "" : "routes:\n";
    for (const auto& each : of.routes) out += "  - " + render_route(each) + place_comment(each.at);
    return out;
}

}  // namespace gate::config
