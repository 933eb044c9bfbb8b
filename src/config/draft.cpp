#include <gate/config/draft.hpp>
#include <gate/config/tls_rules.hpp>

#include <cassert>
#include <utility>

namespace gate::config {

namespace {

// Index in all_options(). The path must be one of the table's.
std::size_t index_of(std::string_view path) {
    const option* const found = find_option(path);
    assert(found && "only options of the table are looked up");
    return static_cast<std::size_t>(found - all_options().data());
}

void report(problem_list& problems, const option& which, const given& source, position at,
            const std::string& message) {
    const auto named = std::string(which.path) + ": " + message;
    if (source.from.kind == origin::kind_t::file) {
        problems.add(at, named);
    } else if (source.from.kind == origin::kind_t::standard) {
        problems.add(problems.file(), named);
    } else {
        problems.add(source.from.where, message);
    }
}

}  // namespace

std::string said_of_entry(const std::string& section, const std::string& entry, std::string message) {
    const auto option = section + ".";
    const auto unknown = "' in " + section;  // of an unknown key
    if (message.starts_with(option)) return entry + "." + message.substr(option.size());
    if (const auto found = message.find(unknown); found != std::string::npos)
        message.replace(found, unknown.size(), "' in " + entry);
    return message;
}

std::string to_string(const origin& from) {
    return from.kind == origin::kind_t::standard ? "default" : from.where;
}

draft::draft(std::string file) : problems(std::move(file)), sources_(all_options().size()) {}

void draft::set(const option& which, given what) {
    const auto bad = assign(which, what.values, value);
    for (const item_problem& item : bad) {
        const position at = item.item < what.at.size() ? what.at[item.item] : what.whole;
        report(problems, which, what, at, item.message);
    }
    if (!bad.empty()) return note_wrong(which);
    sources_[index_of(which.path)] = std::move(what);
}

void draft::blame(std::string_view path, const std::string& message) {
    const auto index = index_of(path);
    report(problems, all_options()[index], sources_[index], sources_[index].whole, message);
}

const origin& draft::origin_of(std::string_view path) const {
    return sources_[index_of(path)].from;
}

void draft::keep_what_needs_restart(const config& in_force) {
    keep_listeners(in_force);
    const bool has_list = !in_force.listeners.empty() || !value.listeners.empty();
    for (const option& each : all_options()) {
        if (each.applies != change::restart || (has_list && each.section() == "listener")) continue;
        const auto kept = values_of(each, in_force);
        if (kept == values_of(each, value)) continue;
        need_restart_.push_back(each.path);
        [[maybe_unused]] const auto bad = assign(each, kept, value);
        assert(bad.empty() && "what is in force has been read from such a text");
    }
    keep_whether_tls_is_on(in_force, value, need_restart_);
    constexpr std::string_view headers_file = "telemetry.otlp.headers_file";
    if (!(value.otlp_headers == in_force.otlp_headers) &&
        std::ranges::find(need_restart_, headers_file) == need_restart_.end() &&
        !value.telemetry.otlp.headers_file.empty())
        need_restart_.push_back(headers_file);
    value.otlp_headers = in_force.otlp_headers;
    value.telemetry.collector_is_everybodys = in_force.telemetry.collector_is_everybodys;
}

loaded draft::take() {
    loaded out;
    for (const position& each : sources_[index_of("auth.public_paths")].at)
        value.auth.public_path_places.each.push_back({each.line, each.column});
    out.value = std::move(value);
    for (given& source : sources_) out.origins.push_back(std::move(source.from));
    out.secret_key_origin = std::move(secret_key_origin);
    out.admin_token_origin = std::move(admin_token_origin);
    out.fleet_key_origin = std::move(fleet_key_origin);
    out.fleet_password_origin = std::move(fleet_password_origin);
    out.fleet_sentinel_password_origin = std::move(fleet_sentinel_password_origin);
    out.otlp_headers_origin = std::move(otlp_headers_origin);
    out.warnings = std::move(warnings);
    out.problems = problems.take();
    out.need_restart = std::move(need_restart_);
    return out;
}

}  // namespace gate::config
