#include <gate/config/draft.hpp>
#include <gate/config/secret.hpp>
#include <gate/config/telemetry_rules.hpp>

#include <array>
#include <cerrno>

#include <unistd.h>

// Where each secret comes from: a file that an option names, or a variable. Neither is ever in the YAML file.
namespace gate::config {

namespace {

struct secret_source {
    std::string_view option;  // names the file
    std::string_view variable;
    secret_check check;
    core::secret_string config::*into;
    origin draft::*from;
};

constexpr secret_source secret_key{"gate.secret_key_file", "FOIL_SECRET_KEY", check_secret_key,
                                   &config::secret_key, &draft::secret_key_origin};
constexpr secret_source admin_token{"admin.token_file", "GATE_SIDECAR_ADMIN_TOKEN", check_admin_token,
                                    &config::admin_token, &draft::admin_token_origin};

constexpr secret_source fleet_key{"fleet.key_file", "GATE_SIDECAR_FLEET_KEY", check_fleet_key,
                                  &config::fleet_key, &draft::fleet_key_origin};
constexpr secret_source fleet_password{"fleet.password_file", "GATE_SIDECAR_FLEET_PASSWORD",
                                       check_fleet_password, &config::fleet_password,
                                       &draft::fleet_password_origin};
constexpr secret_source sentinel_password{
    "fleet.sentinel.password_file", "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD", check_fleet_password,
    &config::fleet_sentinel_password, &draft::fleet_sentinel_password_origin};

// Keys of a collector that somebody else runs.
constexpr secret_source otlp_headers{"telemetry.otlp.headers_file", "OTEL_EXPORTER_OTLP_HEADERS",
                                     check_export_headers, &config::otlp_headers,
                                     &draft::otlp_headers_origin};
constexpr std::string_view otlp_traces_headers = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";

constexpr std::array<std::string_view, 7> all_variables{
    secret_key.variable,        admin_token.variable,  fleet_key.variable, fleet_password.variable,
    sentinel_password.variable, otlp_headers.variable, otlp_traces_headers};

std::optional<core::secret_string> variable(const load_input& input, std::string_view name) {
    if (!input.environment) return {};
    auto text = input.environment(name);
    if (!text || text->empty()) return {};
    return core::secret_string(std::move(*text));
}

bool is_missing(const std::string& path) {
    return ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
}

// FOIL_SECRET_KEY_FILE is a second, weaker name for the variable of gate.secret_key_file.
void apply_file_variable(const load_input& input, draft& into) {
    constexpr std::string_view name = "FOIL_SECRET_KEY_FILE";
    const auto path = variable(input, name);
    if (!path || !into.value.gate.secret_key_file.empty()) return;
    if (variable(input, "FOIL_SECRET_KEY")) {
        into.problems.add(std::string(name), "FOIL_SECRET_KEY is set too: set only one of them");
        return;
    }
    into.set(*find_option("gate.secret_key_file"),
             {{std::string(path->reveal())}, {}, {}, {origin::kind_t::environment, std::string(name)}});
}

void take_from_file(const load_input& input, const secret_source& which, const std::string& path,
                    draft& into) {
    if (!input.require_secret_key && is_missing(path)) return;
    auto secret = read_secret(path, which.check);
    if (!secret) return into.blame(which.option, in_quotes(path) + " " + secret.error());
    into.value.*which.into = std::move(*secret);
    into.*which.from = {origin::kind_t::file, path, {}};
}

// False: the variable is not set.
bool take_from_variable(const load_input& input, const secret_source& which, draft& into) {
    auto text = variable(input, which.variable);
    if (!text) return false;
    auto secret = which.check(std::move(*text));
    if (!secret) {
        into.problems.add(std::string(which.variable), secret.error());
        return true;
    }
    into.value.*which.into = std::move(*secret);
    into.*which.from = {origin::kind_t::environment, std::string(which.variable)};
    return true;
}

// The file goes before the variable, which every SDK of the vendor reads too.
void resolve_secret_key(const load_input& input, draft& into) {
    apply_file_variable(input, into);
    const auto& path = into.value.gate.secret_key_file;
    if (!path.empty() && input.in_force != nullptr && path == input.in_force->gate.secret_key_file) return;
    if (!path.empty()) return take_from_file(input, secret_key, path, into);
    if (take_from_variable(input, secret_key, into) || !input.require_secret_key) return;
    into.problems.add(std::string(secret_key.variable),
                      "there is no secret key: set this variable, or set gate.secret_key_file to a "
                      "file that holds the key");
}

// Two secrets of which one is silently not used would be a trap.
void resolve_either(const load_input& input, const secret_source& which, const std::string& path,
                    draft& into) {
    if (path.empty()) {
        take_from_variable(input, which, into);
    } else if (variable(input, which.variable)) {
        into.problems.add(std::string(which.variable),
                          std::string(which.option) + " is set too: set only one of them");
    } else {
        take_from_file(input, which, path, into);
    }
}

// What holds for the whole life of the process is not read again.
void resolve_fleet(const load_input& input, draft& into) {
    if (input.in_force != nullptr) {
        into.value.fleet_key = input.in_force->fleet_key;
        into.value.fleet_password = input.in_force->fleet_password;
        into.value.fleet_sentinel_password = input.in_force->fleet_sentinel_password;
        return;
    }
    if (!into.value.fleet.is_on()) return;
    const bool has_key = !into.value.fleet.key_file.empty() || variable(input, fleet_key.variable);
    resolve_either(input, fleet_key, into.value.fleet.key_file, into);
    resolve_either(input, fleet_password, into.value.fleet.password_file, into);
    resolve_either(input, sentinel_password, into.value.fleet.sentinel.password_file, into);
    if (!input.require_secret_key || has_key) return;
    into.problems.add(
        std::string(fleet_key.variable),
        "fleet.url needs a key that all replicas have: set this variable, or set fleet.key_file "
        "to a file that holds what `openssl rand -base64 32` prints");
}

// The variables are for every program in the environment, and for the collector that OpenTelemetry's
// variables name: no other is sent the key. The file is for this program, and goes before them. On a reload
// it is read to say whether it has changed: see draft::keep_what_needs_restart.
void resolve_otlp_headers(const load_input& input, draft& into) {
    const auto& otlp = into.value.telemetry.otlp;
    if (!otlp.is_on()) return;
    if (!otlp.headers_file.empty()) return take_from_file(input, otlp_headers, otlp.headers_file, into);
    if (!into.value.telemetry.collector_is_everybodys) return;
    auto name = otlp_traces_headers;
    auto text = variable(input, name);
    if (!text) text = variable(input, name = otlp_headers.variable);
    if (!text) return;
    auto headers = check_export_headers(std::move(*text));
    if (!headers) return give_up_otlp(std::string(name), headers.error(), into);
    into.value.otlp_headers = std::move(*headers);
    into.otlp_headers_origin = {origin::kind_t::environment, std::string(name), {}};
}

}  // namespace

std::string secret_hint(std::string_view unknown_path) {
    const auto name = unknown_path.substr(
        unknown_path.find('.') == std::string_view::npos ? 0 : unknown_path.find('.') + 1);
    if (name == "secret_key" || name == "api_key" || name == "secret")
        return "secrets do not belong here: set FOIL_SECRET_KEY, or name a file in gate.secret_key_file";
    if (unknown_path == "admin.token" || name == "admin_token")
        return "secrets do not belong here: set GATE_SIDECAR_ADMIN_TOKEN, or name a file in admin.token_file";
    if (unknown_path == "fleet.key" || name == "fleet_key")
        return "secrets do not belong here: set GATE_SIDECAR_FLEET_KEY, or name a file in fleet.key_file";
    if (unknown_path == "fleet.password")
        return "secrets do not belong here: set GATE_SIDECAR_FLEET_PASSWORD, or name a file in "
               "fleet.password_file";
    if (unknown_path == "fleet.sentinel.password")
        return "secrets do not belong here: set GATE_SIDECAR_FLEET_SENTINEL_PASSWORD, or name a file in "
               "fleet.sentinel.password_file";
    return {};
}

std::span<const std::string_view> secret_variables() {
    return all_variables;
}

void resolve_secrets(const load_input& input, draft& into) {
    resolve_secret_key(input, into);
    resolve_either(input, admin_token, into.value.admin.token_file, into);
    resolve_fleet(input, into);
    resolve_otlp_headers(input, into);
}

}  // namespace gate::config
