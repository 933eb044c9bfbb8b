// GET /config: what is in force, and where it came from.
#include <gate/app/configuration.hpp>
#include <gate/config/options.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <algorithm>
#include <optional>

namespace gate::app {
namespace {

using core::json_writer;

std::string_view kind_of(const config::origin& from) {
    using kind = config::origin::kind_t;
    switch (from.kind) {
        case kind::standard: return "default";
        case kind::file: return "file";
        case kind::environment: return "environment";
        case kind::flag: break;
    }
    return "flag";
}

void put_source(json_writer& to, const config::origin& from) {
    to.member("source", kind_of(from));
    if (!from.where.empty()) to.member("where", from.where);
}

void put_secret(json_writer& to, std::string_view name, bool is_set, const config::origin& from) {
    to.name(name);
    to.begin_object();
    to.member("set", is_set);
    put_source(to, from);
    to.end_object();
}

void put_options(json_writer& to, const config::config& options, const config::loaded& about) {
    to.name("options");
    to.begin_object();
    for (std::size_t i = 0; i < config::all_options().size(); ++i) {
        const auto& which = config::all_options()[i];
        const bool is_kept = std::ranges::find(about.need_restart, which.path) != about.need_restart.end();
        to.name(which.path);
        to.begin_object();
        const auto values = values_of(which, options);
        if (which.is_list()) {
            to.list("value", values);
        } else {
            to.member("value", values.front());
        }
        // The place in the file has another value by now.
        put_source(to, is_kept ? config::origin{about.origins[i].kind, {}} : about.origins[i]);
        to.member("applies", which.applies == config::change::live ? "live" : "restart");
        to.end_object();
    }
    to.end_object();
}

void put_line(json_writer& to, const config::source_line& at) {
    if (at.line == 0) return;
    to.member("line", at.line);
}

void put_upstreams(json_writer& to, const config::config& options) {
    to.name("upstreams");
    to.begin_object();
    for (const auto& each : options.upstreams) {
        to.name(each.name);
        to.begin_object();
        for (const auto& [name, value] : upstream_values(each.options)) to.member(name, value);
        put_line(to, each.at);
        to.end_object();
    }
    to.end_object();
}

template <class Value, class Format>
void put_if_given(json_writer& to, std::string_view name, const std::optional<Value>& value, Format format) {
    if (value) to.member(name, std::string_view(format(*value)));
}

// Absent is what the entry does not say; what holds then stands among the options.
void put_route(json_writer& to, const config::route_options& of) {
    const auto flag = [](bool value) { return value ? "true" : "false"; };
    to.begin_object();
    if (!of.name.empty()) to.member("name", of.name);
    if (!of.hosts.empty()) to.list("host", of.hosts);
    if (!of.paths.empty()) to.list("path", of.paths);
    if (!of.methods.empty()) to.list("methods", of.methods);
    put_if_given(to, "auth", of.auth, [](config::access_level level) { return to_string(level); });
    put_if_given(to, "shadow", of.shadow, flag);
    put_if_given(to, "preflight", of.preflight, flag);
    if (!of.upstream.empty()) to.member("upstream", of.upstream);
    put_if_given(to, "timeouts.response", of.response_timeout, config::format_duration);
    put_if_given(to, "timeouts.stream_idle", of.stream_idle_timeout, config::format_duration);
    put_if_given(to, "timeouts.body", of.body_timeout, config::format_duration);
    if (!of.log) to.member("log", "false");
    put_line(to, of.at);
    to.end_object();
}

void put_routes(json_writer& to, const config::config& options) {
    to.name("routes");
    to.begin_array();
    for (const auto& each : options.routes) put_route(to, each);
    to.end_array();
}

}  // namespace

std::string configuration::describe() const {
    json_writer to;
    to.begin_object();
    to.member("generation", snapshot_->generation);
    to.member("since", telemetry::timestamp_text(since_));
    if (input_.file) to.member("file", *input_.file);
    if (input_.file) to.member("hash", "sha256:" + text_digest_);
    to.list("restart_needed", loaded_.need_restart);
    to.list("problems", problems_);
    put_options(to, options(), loaded_);
    put_upstreams(to, options());
    put_routes(to, options());
    to.name("secrets");
    to.begin_object();
    const auto key_set = !options().secret_key.empty() || !options().gate.secret_key_file.empty();
    const auto key_from_file = config::origin{config::origin::kind_t::file, options().gate.secret_key_file};
    put_secret(to, "secret_key", key_set,
               options().gate.secret_key_file.empty() ? loaded_.secret_key_origin : key_from_file);
    put_secret(to, "admin_token", !options().admin_token.empty(), loaded_.admin_token_origin);
    if (options().fleet.is_on()) {
        put_secret(to, "fleet_key", !options().fleet_key.empty(), loaded_.fleet_key_origin);
        put_secret(to, "fleet_password", !options().fleet_password.empty(), loaded_.fleet_password_origin);
        put_secret(to, "fleet_sentinel_password", !options().fleet_sentinel_password.empty(),
                   loaded_.fleet_sentinel_password_origin);
    }
    if (options().telemetry.otlp.is_on())
        put_secret(to, "otlp_headers", !options().otlp_headers.empty(), loaded_.otlp_headers_origin);
    to.end_object();
    to.end_object();
    return std::string(to.text());
}

}  // namespace gate::app
