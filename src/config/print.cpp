#include <gate/config/options.hpp>
#include <gate/config/print.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <variant>

namespace gate::config {

namespace {

bool is_plain_char(char c) {
    return core::is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == '/' || c == ':' || c == '%';
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.front() != ':' && text.front() != '%' &&
           text.back() != ':' && std::all_of(text.begin(), text.end(), is_plain_char);
}

// What some YAML reader, of 1.1 or 1.2, takes for a boolean, for nothing, or for a number or date.
bool is_typed(std::string_view text) {
    constexpr std::array<std::string_view, 9> words{"true", "false", "yes", "no",  "on",
                                                    "off",  "y",     "n",   "null"};
    const bool is_word =
        std::any_of(words.begin(), words.end(), [&](auto each) { return core::iequals(text, each); });
    return is_word || core::is_digit(text.front()) || text.front() == '.';
}

// A text that says "true" is not the boolean.
bool holds_text(const option& which) {
    return std::holds_alternative<text_value>(which.kind) || std::holds_alternative<choice_value>(which.kind);
}

bool is_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), core::is_digit);
}

std::string value_text(const option& which, const config& from) {
    const auto values = values_of(which, from);
    if (!which.is_list()) {
        const auto& text = values.front();
        const bool is_choice_of_number = std::holds_alternative<choice_value>(which.kind) && is_number(text);
        const bool as_is = is_plain(text) && (!holds_text(which) || !is_typed(text) || is_choice_of_number);
        return as_is ? text : in_double_quotes(text);
    }
    const bool is_map = std::holds_alternative<certificate_list>(which.kind);
    std::string out = "[";
    for (const std::string& item : values)
        out += (out.size() > 1 ? ", " : "") + (is_map ? item : in_double_quotes(item));
    return out + "]";
}

// One line whatever a file's name holds.
std::string comment(std::string_view text) {
    std::string out = "  # ";
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + "\n";
}

std::string secret_state(std::string name, const core::secret_string& secret, const origin& from) {
    if (secret.empty()) return comment(std::move(name) + ": not set");
    return comment(std::move(name) + ": set (from " + from.where + ")");
}

// The secret that may come from the file that an option names, or "".
std::string secret_behind(std::string_view path, const loaded& what) {
    if (path == "gate.secret_key_file")
        return secret_state("secret key", what.value.secret_key, what.secret_key_origin);
    if (path == "admin.token_file")
        return secret_state("admin token", what.value.admin_token, what.admin_token_origin);
    if (path == "fleet.key_file")
        return secret_state("fleet key", what.value.fleet_key, what.fleet_key_origin);
    if (path == "fleet.password_file")
        return secret_state("password", what.value.fleet_password, what.fleet_password_origin);
    if (path == "fleet.sentinel.password_file")
        return secret_state("password", what.value.fleet_sentinel_password,
                            what.fleet_sentinel_password_origin);
    if (path == "telemetry.otlp.headers_file")
        return secret_state("header fields", what.value.otlp_headers, what.otlp_headers_origin);
    return {};
}

std::string indent_of(std::string_view path) {
    return std::string(2 * static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')), ' ');
}

// The head of a section, on a line of its own, and of those around it unless they are open already.
std::string open_section(std::string_view section, std::string_view open) {
    std::string out;
    for (std::size_t end = 0; end < section.size();) {
        end = std::min(section.find('.', end + 1), section.size());
        const auto part = section.substr(0, end);
        if (open == part || (open.starts_with(part) && open[part.size()] == '.')) continue;
        const auto name = part.substr(part.rfind('.') + 1);
        out += indent_of(part) + std::string(name) + ":\n";
    }
    return out;
}

}  // namespace

std::string in_double_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string render(const loaded& what) {
    std::string out;
    std::string_view section;
    for (std::size_t i = 0; i < all_options().size(); ++i) {
        const option& which = all_options()[i];
        if (which.path.starts_with("listener.") && !what.value.listeners.empty()) continue;
        out += open_section(which.section(), section);
        section = which.section();
        out += indent_of(which.path) + std::string(which.name()) + ": " + value_text(which, what.value) +
               comment(to_string(what.origins[i]));
        out += secret_behind(which.path, what);
    }
    return out + render_listeners(what.value) + render_upstreams(what.value) + render_routes(what.value);
}

}  // namespace gate::config
