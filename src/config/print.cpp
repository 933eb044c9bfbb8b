#include <gate/config/options.hpp>
#include <gate/config/print.hpp>

#include <algorithm>

namespace gate::config {

namespace {

bool is_plain_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-' || c == '/' || c == ':';
}

// Texts that YAML readers of every kind take for a string, or for the number or boolean that is meant.
bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.front() != ':' && text.back() != ':' &&
           text != "null" && text != "Null" && text != "NULL" &&
           std::all_of(text.begin(), text.end(), is_plain_char);
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string value_text(const option& which, const config& from) {
    const auto values = values_of(which, from);
    if (!which.is_list()) return is_plain(values.front()) ? values.front() : in_quotes(values.front());
    std::string out = "[";
    for (const std::string& item : values) out += (out.size() > 1 ? ", " : "") + in_quotes(item);
    return out + "]";
}

// One line whatever a file's name holds.
std::string comment(std::string_view text) {
    std::string out = "  # ";
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + "\n";
}

std::string secret_state(const loaded& what) {
    if (what.value.secret_key.empty()) return "  # secret key: not set\n";
    return comment("secret key: set (from " + what.secret_key_origin.where + ")");
}

}  // namespace

std::string render(const loaded& what) {
    std::string out;
    std::string_view section;
    for (std::size_t i = 0; i < all_options().size(); ++i) {
        const option& which = all_options()[i];
        if (which.section() != section && !which.section().empty())
            out += std::string(which.section()) + ":\n";
        section = which.section();
        if (!section.empty()) out += "  ";
        out += std::string(which.name()) + ": " + value_text(which, what.value) +
               comment(to_string(what.origins[i]));
        if (which.path == "gate.secret_key_file") out += secret_state(what);
    }
    return out;
}

}  // namespace gate::config
