#include <gate/app/command_line.hpp>
#include <gate/app/doctor/report.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/core/text.hpp>
#include <gate/core/token_mask.hpp>

#include <algorithm>
#include <array>

namespace gate::app::doctor {
namespace {

constexpr unsigned format_version = 1;
constexpr std::size_t indent = 10;  // of a sentence: two blanks, the longest state and one more
constexpr std::array all_states{state::pass, state::warn, state::fail, state::skipped};

std::string_view colour_of(state what) {
    switch (what) {
        case state::pass: return "\x1b[32m";
        case state::warn: return "\x1b[33m";
        case state::fail: return "\x1b[1;31m";
        case state::skipped: return "\x1b[2m";
    }
    return {};
}

// Nothing that came from elsewhere steers a terminal: some take C1 controls (ECMA-48) as bytes, or in UTF-8.
std::string printable(std::string_view text) {
    return core::printable_text(core::without_tokens(text));
}

// Continues a line that has `column` columns.
void put_wrapped(std::string_view text, std::size_t column, std::size_t width, std::string& out) {
    bool is_first = true;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        if (!is_first && column + 1 + word.size() > width) {
            out.append("\n").append(indent, ' ');
            column = indent;
        } else if (!is_first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        is_first = false;
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
}

void put_state(state what, bool has_colour, std::string& out) {
    const auto name = to_string(what);
    out += "  ";
    if (has_colour) out += colour_of(what);
    out += name;
    if (has_colour) out += "\x1b[0m";
    out.append(indent - 2 - name.size(), ' ');
}

void put_finding(const finding& one, const text_style& how, std::string& out) {
    put_state(one.is, how.has_colour, out);
    auto said = std::string(one.id);
    if (!one.subject.empty()) said += " (" + printable(one.subject) + ")";
    put_wrapped(said + ": " + printable(one.sentence), indent, how.width, out);
    out += '\n';
    if (one.fix.empty()) return;
    out.append(indent, ' ');
    put_wrapped("Fix: " + printable(one.fix), indent, how.width, out);
    out += '\n';
}

std::string summary_of(const findings& all) {
    std::string out;
    for (const auto each : all_states) {
        const auto number = std::to_string(count(all, each));
        out.append(out.empty() ? "" : ", ").append(number).append(" ").append(to_string(each));
    }
    return out;
}

std::string_view result_of(const findings& all) {
    if (count(all, state::fail) != 0) return "fail";
    return count(all, state::warn) != 0 ? "warn" : "pass";
}

void put_json(const finding& one, core::json_writer& to) {
    to.begin_object();
    to.member("id", one.id);
    to.member("section", one.section());
    to.member("state", to_string(one.is));
    if (!one.subject.empty()) to.member("subject", std::string_view(printable(one.subject)));
    to.member("message", std::string_view(printable(one.sentence)));
    if (!one.fix.empty()) to.member("fix", std::string_view(printable(one.fix)));
    to.end_object();
}

}  // namespace

std::string text_of(const findings& all, const text_style& how) {
    std::string out;
    std::string_view section;
    for (const auto& each : all) {
        if (each.section() != section) {
            if (!section.empty()) out += '\n';
            section = each.section();
            out += core::uppered(section) + '\n';
        }
        put_finding(each, how, out);
    }
    return out + "\n" + summary_of(all) + '\n';
}

std::string json_of(const findings& all, std::string_view program_version) {
    core::json_writer to;
    to.begin_object();
    to.member("version", format_version);
    to.member("gate_sidecar", program_version);
    to.member("result", result_of(all));
    to.name("counts");
    to.begin_object();
    for (const auto each : all_states) to.member(to_string(each), count(all, each));
    to.end_object();
    to.name("findings");
    to.begin_array();
    for (const auto& each : all) put_json(each, to);
    to.end_array();
    to.end_object();
    return std::string(to.text()) + '\n';
}

int exit_code_of(const findings& all) noexcept {
    const auto is_refusal = [](const finding& one) {
        return one.id == "config.valid" && one.is == state::fail;
    };
    if (std::ranges::any_of(all, is_refusal)) return exit_bad_configuration;
    return count(all, state::fail) == 0 ? exit_clean : exit_failure;
}

}  // namespace gate::app::doctor
