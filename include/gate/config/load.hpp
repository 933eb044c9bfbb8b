#pragma once
// From a YAML file, the environment and flags to a config, or to the list of all problems.
// Precedence: flag > environment > environment of OpenTelemetry (OTEL_) > file > default.

#include <gate/config/config.hpp>
#include <gate/config/problem.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

// Where the value of an option came from.
struct origin {
    enum class kind_t { standard, file, environment, flag };

    kind_t kind = kind_t::standard;
    std::string where;  // "file:line", the variable or the flag; empty for a default
    position at{};      // in the file; 0:0 elsewhere
};

// "default", "gate-sidecar.yaml:12", "GATE_SIDECAR_CACHE_TTL", "--workers"
std::string to_string(const origin& from);

// An option that was given on the command line.
struct flag_value {
    std::string option;  // its path, such as "cache.ttl"
    std::string value;   // items of a list separated by commas
    std::string flag;    // what problems and print-config call it
};

using lookup = std::function<std::optional<std::string>(std::string_view)>;

struct load_input {
    std::optional<std::string> file;  // none: no file is read
    lookup environment;               // none: an empty environment; an empty variable counts as unset
    std::vector<std::string> environment_names;  // of all variables: unknown GATE_SIDECAR_ ones are problems
    std::vector<flag_value> flags;
    bool require_secret_key = true;  // else an absent key, or a file for a secret that does not exist, is no
                                     // problem, and blocked accounts are not read

    // Of a reload; null: the program starts. The configuration in force, whose values stay for the options
    // that need a restart; a file without a key in it is a problem then, because it may be half-written; and
    // a file of the secret key, or of blocked accounts, that is the same as in force is not read, because
    // others watch it. Outlives the call.
    const config* in_force = nullptr;
};

struct loaded {
    config value;                  // meaningful only if ok()
    std::vector<origin> origins;   // in the order of all_options()
    origin secret_key_origin;      // a default: there is no key
    origin admin_token_origin;     // a default: there is no token
    origin fleet_key_origin;       // a default: there is no key
    origin fleet_password_origin;  // a default: there is no password
    origin fleet_sentinel_password_origin;
    origin otlp_headers_origin;  // a default: there are none
    std::vector<problem> problems;
    std::vector<std::string> warnings;  // what was left alone of OpenTelemetry's variables; one sentence each
    // Of a reload: options that have another value in what was read than in `value`, until a restart.
    std::vector<std::string_view> need_restart;

    bool ok() const noexcept { return problems.empty(); }
};

// Never throws for bad input; what it opens are the file, and those that options name.
loaded load(const load_input& input);

// The same with the file's content given: `name` stands for it in problems. input.file is not looked at.
loaded load_text(const std::string& name, std::string_view text, const load_input& input = {});

// The environment of this process. Not thread-safe against setenv.
std::optional<std::string> process_variable(std::string_view name);
std::vector<std::string> process_variable_names();

// Overwrites the value where it is, so that it is empty from now on, for /proc/<pid>/environ too.
void wipe_process_variable(std::string_view name);

}  // namespace gate::config
