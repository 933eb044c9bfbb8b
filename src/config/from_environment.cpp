#include <gate/config/draft.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/suggest.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace gate::config {

namespace {

constexpr std::string_view prefix = "GATE_SIDECAR_";
constexpr char dumpable_variable[] = "GATE_SIDECAR_DUMPABLE";
constexpr char port_variable[] = "PORT";

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> out;
    for (;;) {
        const auto comma = text.find(',');
        out.emplace_back(core::trim(text.substr(0, comma), [](char c) { return c == ' '; }));
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

std::vector<std::string> values_in(const option& which, const std::string& text) {
    return which.is_list() ? split_list(text) : std::vector<std::string>{text};
}

// Kubernetes puts variables like NAME_SERVICE_HOST and NAME_PORT_80_TCP into every Pod for every Service:
// those of a Service named gate-sidecar, or gate-sidecar-anything, look like ours.
bool is_service_link(std::string_view name) {
    return name.find("_SERVICE_HOST") != std::string_view::npos ||
           name.find("_SERVICE_PORT") != std::string_view::npos ||
           name.find("_PORT_") != std::string_view::npos || name.ends_with("_PORT");
}

std::vector<std::string> known_variables() {
    // Of the command line: the path of the file. A secret, which is no option. And a switch for debugging.
    std::vector<std::string> out{"GATE_SIDECAR_CONFIG",
                                 "GATE_SIDECAR_ADMIN_TOKEN",
                                 "GATE_SIDECAR_FLEET_KEY",
                                 "GATE_SIDECAR_FLEET_PASSWORD",
                                 "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD",
                                 dumpable_variable};
    for (const option& o : all_options()) out.push_back(variable_of(o));
    return out;
}

std::string hint_for(const std::string& name, const std::vector<std::string>& known) {
    if (name.ends_with("_SECRET_KEY") || name.ends_with("_API_KEY"))
        return "; " + secret_hint("gate.secret_key");
    // Without the part that all have in common, which would make any two of them near.
    std::vector<std::string_view> endings;
    endings.reserve(known.size());
    for (const std::string& k : known) endings.push_back(std::string_view(k).substr(prefix.size()));
    const auto near = nearest(std::string_view(name).substr(prefix.size()), endings);
    return near.empty() ? "" : "; did you mean " + std::string(prefix) + std::string(near) + "?";
}

// Read by the program before anything else. Also takes 1 and 0, as it always has.
void check_dumpable(const load_input& input, draft& into) {
    if (!input.environment) return;
    const auto text = input.environment(dumpable_variable);
    if (!text || text->empty() || *text == "1" || *text == "0") return;
    if (const auto value = parse_boolean(*text); !value) into.problems.add(dumpable_variable, value.error());
}

// Platforms that run containers (Cloud Run, Heroku and others) tell with PORT where they send requests.
void apply_port(const load_input& input, draft& into) {
    constexpr std::string_view address = "listener.address";
    const bool is_given = into.origin_of(address).kind != origin::kind_t::standard ||
                          into.is_wrong(address) || !into.value.listeners.empty();
    if (is_given || !input.environment) return;
    const auto text = input.environment(port_variable);
    if (!text || text->empty()) return;
    const auto port = parse_count(*text);
    if (!port || *port < 1 || *port > 65535)
        return into.problems.add(port_variable, "needs a port from 1 to 65535, not " + in_quotes(*text));
    into.set(*find_option(address),
             {{"0.0.0.0:" + *text}, {}, {}, {origin::kind_t::environment, port_variable}});
}

void report_unknown(const std::vector<std::string>& names, draft& into) {
    const auto known = known_variables();
    for (const std::string& name : names) {
        if (!name.starts_with(prefix) || is_service_link(name)) continue;
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        into.problems.add(name, "unknown variable" + hint_for(name, known));
    }
}

}  // namespace

void apply_environment(const load_input& input, draft& into) {
    if (input.environment) {
        for (const option& which : all_options()) {
            const auto name = variable_of(which);
            const auto text = input.environment(name);
            if (!text || text->empty()) continue;
            if (std::holds_alternative<certificate_list>(which.kind)) {
                into.problems.add(
                    name, "cannot be set by a variable: write " + std::string(which.path) + " into the file");
                continue;
            }
            into.set(which, {values_in(which, *text), {}, {}, {origin::kind_t::environment, name}});
        }
    }
    apply_port(input, into);
    check_dumpable(input, into);
    report_unknown(input.environment_names, into);
}

void apply_flags(const load_input& input, draft& into) {
    for (const flag_value& flag : input.flags) {
        if (const option* const which = find_option(flag.option)) {
            into.set(*which, {values_in(*which, flag.value), {}, {}, {origin::kind_t::flag, flag.flag}});
        } else {
            into.problems.add(flag.flag, "there is no option " + in_quotes(flag.option));
        }
    }
}

std::optional<std::string> process_variable(std::string_view name) {
    const char* const found = std::getenv(std::string(name).c_str());
    if (!found) return {};
    return found;
}

// /proc/<pid>/environ shows the memory that the process was started with: taking a variable out of `environ`
// would leave it there.
void wipe_process_variable(std::string_view name) {
    for (char** entry = ::environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        if (text.starts_with(name) && text.substr(name.size()).starts_with('='))
            ::explicit_bzero(*entry + name.size() + 1, text.size() - name.size() - 1);
    }
}

std::vector<std::string> process_variable_names() {
    std::vector<std::string> out;
    for (char** entry = ::environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        out.emplace_back(text.substr(0, text.find('=')));
    }
    return out;
}

}  // namespace gate::config
