#pragma once
// A configuration in the making: values, where each came from, and the problems so far. The steps of loading.

#include <gate/config/load.hpp>
#include <gate/config/options.hpp>
#include <gate/config/yaml_tree.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::config {

// A value that somebody gave for an option.
struct given {
    std::vector<std::string> values;  // one, or the items of a list
    std::vector<position> at;         // of each value, if it is from the file
    position whole;                   // in the file: of the value; else 0:0
    origin from;
};

// Where the parts of an entry of `routes` or `upstreams` stand in the file.
class entry_places {
public:
    entry_places(const node& entry, position whole) : whole_(whole) {
        for (const node& each : entry.children) values_.emplace_back(each.key, each.at);
    }
    // Of the value of `key`; of the entry where the key is absent.
    position of(std::string_view key) const {
        const auto found = std::ranges::find(values_, key, &std::pair<std::string, position>::first);
        return found == values_.end() ? whole_ : found->second;
    }

private:
    position whole_;
    std::vector<std::pair<std::string, position>> values_;
};

class draft {
public:
    explicit draft(std::string file);

    config value;
    problem_list problems;
    origin secret_key_origin;
    origin admin_token_origin;
    origin fleet_key_origin;
    origin fleet_password_origin;
    origin fleet_sentinel_password_origin;
    origin otlp_headers_origin;
    bool has_otlp_given_up = false;     // by give_up_otlp(): the options around it have nothing to be held to
    std::vector<std::string> warnings;  // one sentence each
    std::vector<entry_places> listener_places;  // of value.listeners
    std::vector<entry_places> upstream_places;  // of value.upstreams
    std::vector<entry_places> route_places;     // of value.routes

    const std::string& file() const noexcept { return problems.file(); }

    // Takes the value, or notes what is wrong with it.
    void set(const option& which, given what);

    // What was given for the option cannot be its value; that is noted already.
    void note_wrong(const option& which) { wrong_.push_back(which.path); }
    // A rule that needs the value has nothing to say then.
    bool is_wrong(std::string_view path) const { return std::ranges::find(wrong_, path) != wrong_.end(); }

    // A problem of the option's value, reported where that value was given.
    void blame(std::string_view path, const std::string& message);

    const origin& origin_of(std::string_view path) const;

    // Takes the values back that cannot take effect while the program runs, and remembers whose.
    void keep_what_needs_restart(const config& in_force);

    loaded take();

private:
    void keep_listeners(const config& in_force);  // kept_listeners.cpp

    std::vector<given> sources_;  // in the order of all_options()
    std::vector<std::string_view> need_restart_;
    std::vector<std::string_view> wrong_;
};

// The steps, in order of precedence.
void apply_tree(const node& root, draft& into);
void apply_tree_entry(const std::string& section, const node& entry, draft& into);  // of that section
void apply_listeners(const node& section, draft& into);
void apply_upstreams(const node& section, draft& into);
void apply_routes(const node& section, draft& into);
void apply_opentelemetry(const load_input& input, draft& into);  // OTEL_ variables
// For a variable of it that cannot be used, because of `why`: no spans rather than spans without it.
void give_up_otlp(const std::string& variable, const std::string& why, draft& into);
void apply_environment(const load_input& input, draft& into);
void apply_flags(const load_input& input, draft& into);
void resolve_secrets(const load_input& input, draft& into);

// Rules that need more than one option, or the file system.
void check_whole(draft& of);
void check_entries(draft& of);  // of `routes` and `upstreams`
void check_listeners(draft& of);
void check_fleet(draft& of);
void check_telemetry(draft& of);
void check_tls(draft& of);           // of each section `tls` of a listener
void check_upstream_tls(draft& of);  // of each upstream

// The file of auth.blocked_accounts_file, unless it is the one in force, which others watch.
void check_account_list(const load_input& input, draft& of);

// A message about an option of `section`, or about an unknown key in it, as one about an entry that has the
// keys of that section.
std::string said_of_entry(const std::string& section, const std::string& entry, std::string message);

// For an option that does not exist, but was meant to hold a secret; else "".
std::string secret_hint(std::string_view unknown_path);

}  // namespace gate::config
