// GET /config: what is in force, and where it came from.
#include <gate/app/configuration.hpp>
#include <gate/config/options.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace gate::app {
namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(writer& to, std::string_view text) {
    to.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(writer& to, std::string_view name, std::string_view text) {
    put(to, name);
    put(to, text);
}

template <class Texts>
void put_list(writer& to, std::string_view name, const Texts& texts) {
    put(to, name);
    to.StartArray();
    for (const auto& each : texts) put(to, each);
    to.EndArray();
}

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

void put_source(writer& to, const config::origin& from) {
    put(to, "source", kind_of(from));
    if (!from.where.empty()) put(to, "where", from.where);
}

void put_secret(writer& to, std::string_view name, bool is_set, const config::origin& from) {
    put(to, name);
    to.StartObject();
    put(to, "set");
    to.Bool(is_set);
    put_source(to, from);
    to.EndObject();
}

std::string text_of(core::wall_clock::time_point when) {
    std::string out(telemetry::timestamp_writer::length, '\0');
    telemetry::timestamp_writer().write(out.data(), when);
    return out;
}

void put_options(writer& to, const config::config& options, const config::loaded& about) {
    put(to, "options");
    to.StartObject();
    for (std::size_t i = 0; i < config::all_options().size(); ++i) {
        const auto& which = config::all_options()[i];
        const bool is_kept = std::ranges::find(about.need_restart, which.path) != about.need_restart.end();
        put(to, which.path);
        to.StartObject();
        const auto values = values_of(which, options);
        if (which.is_list()) {
            put_list(to, "value", values);
        } else {
            put(to, "value", values.front());
        }
        // The place in the file has another value by now.
        put_source(to, is_kept ? config::origin{about.origins[i].kind, {}} : about.origins[i]);
        put(to, "applies", which.applies == config::change::live ? "live" : "restart");
        to.EndObject();
    }
    to.EndObject();
}

}  // namespace

std::string configuration::describe() const {
    rapidjson::StringBuffer text;
    writer to(text);
    to.StartObject();
    put(to, "generation");
    to.Uint64(snapshot_->generation);
    put(to, "since", text_of(since_));
    if (input_.file) put(to, "file", *input_.file);
    if (input_.file) put(to, "hash", "sha256:" + text_digest_);
    put_list(to, "restart_needed", loaded_.need_restart);
    put_list(to, "problems", problems_);
    put_options(to, options(), loaded_);
    put(to, "secrets");
    to.StartObject();
    const auto key_set = !options().secret_key.empty() || !options().gate.secret_key_file.empty();
    const auto key_from_file = config::origin{config::origin::kind_t::file, options().gate.secret_key_file};
    put_secret(to, "secret_key", key_set,
               options().gate.secret_key_file.empty() ? loaded_.secret_key_origin : key_from_file);
    put_secret(to, "admin_token", !options().admin_token.empty(), loaded_.admin_token_origin);
    to.EndObject();
    to.EndObject();
    return {text.GetString(), text.GetSize()};
}

}  // namespace gate::app
