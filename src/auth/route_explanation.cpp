// What print-config and `explain --request` tell about routes.
#include "route_choice.hpp"

#include <gate/auth/route_table.hpp>
#include <gate/config/problem.hpp>
#include <gate/http/host_pattern.hpp>

#include <algorithm>
#include <cassert>
#include <tuple>

namespace gate::auth {
namespace {

// Exact hosts, then longer before shorter wildcards, then every host.
std::size_t host_rank(std::string_view pattern) noexcept {
    return pattern.starts_with('*') ? pattern.size() : pattern.empty() ? 0 : static_cast<std::size_t>(-1);
}

// How far a route gets with the raw path of a request; the order is that of the checks.
enum class fit : std::uint8_t { nothing, host, path, all };

struct best_fit {
    fit matched = fit::nothing;
    std::size_t host = 0;  // host_rank
    std::string rank;      // of the path
    bool lists_methods = false;

    auto key() const { return std::tie(matched, host, rank, lists_methods); }
};

class explainer {
public:
    // `table` is that of `in`.
    explainer(const compiled_routes& in, const route_table& table, const route_request& asked,
              const route_decision& made)
        : in_(in), table_(table), asked_(asked), made_(made), host_(asked.host) {}

    std::vector<std::string> run() {
        tell_choice();
        tell_readings();
        tell_overrides();
        tell_missing_host();
        tell_access();
        const auto winner = made_.chosen == nullptr ? best_fit{} : fit_of(*made_.chosen);
        for (const auto& each : in_.routes) {
            if (&each != made_.chosen)
                lines_.push_back(each.where + " lost: " + why_lost(fit_of(each), winner));
        }
        return std::move(lines_);
    }

private:
    void tell_choice() {
        const auto& chosen = made_.chosen;
        lines_.push_back(chosen == nullptr
                             ? "no route matches: auth.mode (" + std::string(to_string(in_.defaults.mode)) +
                                   ") holds"
                             : chosen->where + " is chosen: auth: " + std::string(to_string(chosen->needs)) +
                                   (chosen->shadow ? ", in shadow" : ""));
    }

    // Each reading with the rule that it meets, where that is stricter than the raw path's.
    void tell_readings() {
        const auto raw = chosen_access();
        http::path_readings readings;
        const bool all = readings.read(asked_.path);
        const auto bit = in_.method_bit(asked_.method);
        const auto level = host_.is_known() ? in_.level_of(host_.name()) : 0;
        for (std::size_t i = 0; i < readings.size(); ++i) {
            const auto met = met_by(readings[i], bit, level);
            if (met.needs <= raw) continue;
            const std::string by = met.strict == nullptr ? "auth.mode" : in_words(in_, *met.strict);
            std::string line = i == 0 ? "the path also meets " : "a server may read the path as ";
            if (i != 0) line.append(config::in_quotes(readings[i])).append(", which meets ");
            line.append(by).append(": auth: ").append(to_string(met.needs));
            lines_.push_back(std::move(line));
        }
        if (!all) lines_.push_back("the path can be read in more than 64 ways");
        const auto piece = http::find_ambiguous_piece(asked_.path);
        if (piece.empty() || raw >= in_.defaults.mode) return;
        lines_.push_back("the path is ambiguous (" + config::in_quotes(piece) +
                         "): not looser than auth.mode");
    }

    // The stricter of what the reading meets in plain form and as it is.
    route_choice met_by(std::string_view reading, std::uint64_t method, std::uint32_t level) const {
        std::string plain;
        http::append_plain_form(reading, plain);
        const auto by_plain = choose(in_, {plain, asked_.path}, method, level);
        const auto by_lower =
            choose(in_, {lower_form(reading), asked_.path, path_form::lower}, method, level);
        return by_lower.needs > by_plain.needs ? by_lower : by_plain;
    }

    route_access access_of(const route_request& asked) const {
        route_scratch scratch;
        return table_.decide(asked, scratch).tried;
    }

    // What a field says that moves the request, where that is stricter than what is in the request line.
    void tell_overrides() {
        const route_request alone{asked_.method, asked_.path, asked_.host};
        const auto before = access_of(alone);
        const auto tell = [&](std::string_view what, std::string_view value, const route_request& moved) {
            const auto access = access_of(moved);
            if (access <= before) return;
            std::string line(what);
            line.append(config::in_quotes(value)).append(" in an override field counts, too: auth: ");
            lines_.push_back(line.append(to_string(access)));
        };
        for (const auto& method : asked_.other_methods) {
            auto moved = alone;
            moved.other_methods = {&method, 1};
            tell("the method ", method, moved);
        }
        for (const auto& path : asked_.other_paths) {
            auto moved = alone;
            moved.other_paths = {&path, 1};
            tell("the path ", path, moved);
        }
    }

    // Without a host, the routes of every host count.
    void tell_missing_host() {
        if (host_.is_known() || !in_.has_hosts) return;
        std::string line = "the request names no host that can be compared: the routes of every host count";
        const host_level* strictest = nullptr;
        auto most = chosen_access();
        for (const auto& each : in_.levels) {
            if (each.host.empty()) continue;
            const auto name = each.host.front() == '*' ? "any" + each.host.substr(1) : each.host;
            const auto access = access_of({asked_.method, asked_.path, name});
            if (access <= most) continue;
            most = access;
            strictest = &each;
        }
        if (strictest != nullptr)
            line.append(", such as those of ")
                .append(config::in_quotes(strictest->host))
                .append(": auth: ")
                .append(to_string(most));
        lines_.push_back(line);
    }

    void tell_access() {
        std::string line = "access: " + std::string(to_string(made_.needs));
        if (made_.in_shadow)
            line += ", in shadow: nothing is refused; it would be " + std::string(to_string(made_.tried));
        if (!made_.in_shadow && made_.tried != made_.needs)
            line += "; it would be " + std::string(to_string(made_.tried)) + " by routes in shadow";
        lines_.push_back(line);
    }

    route_access chosen_access() const {
        return made_.chosen == nullptr ? in_.defaults.mode : made_.chosen->needs;
    }

    best_fit fit_of(const route& of) const {
        best_fit out;
        out.lists_methods = !of.methods.empty();
        const std::vector<std::string> every{std::string()};
        for (const auto& host : of.hosts.empty() ? every : of.hosts) {
            if (!host.empty() && !http::host_matches(host, host_.name())) continue;
            out.matched = std::max(out.matched, fit::host);
            for (const auto& path : of.paths.empty() ? std::vector<std::string>{"/**"} : of.paths) {
                const http::path_pattern pattern(path);
                if (!pattern.matches(asked_.path)) continue;
                const bool has_method = of.methods.empty() || std::find(of.methods.begin(), of.methods.end(),
                                                                        asked_.method) != of.methods.end();
                const best_fit here{has_method ? fit::all : fit::path, host_rank(host), pattern.rank(),
                                    !of.methods.empty()};
                if (out.key() < here.key()) out = here;
            }
        }
        return out;
    }

    std::string why_lost(const best_fit& loser, const best_fit& winner) const {
        switch (loser.matched) {
            case fit::nothing: return "the host does not match";
            case fit::host: return "the path does not match";
            case fit::path: return "the method is not among its methods";
            case fit::all: break;
        }
        assert(made_.chosen != nullptr);  // this route matches, so one was chosen
        const auto who = made_.chosen == nullptr ? std::string("another") : made_.chosen->where;
        if (loser.host != winner.host) return who + " has a more specific host";
        if (loser.rank != winner.rank) return who + " has a more specific path";
        return who + " lists the method";
    }

    const compiled_routes& in_;
    const route_table& table_;
    const route_request& asked_;
    const route_decision& made_;
    http::comparable_host host_;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> route_table::explain(const route_request& asked) const {
    route_scratch scratch;
    const auto made = decide(asked, scratch);
    return explainer(*compiled_, *this, asked, made).run();
}

std::vector<ordered_rule> route_table::compiled_order() const {
    struct row {
        std::size_t host;
        std::string rank;
        const route_rule* rule;
        const std::string* name;
    };
    std::vector<row> rows;
    for (const auto& level : compiled_->levels) {
        for (const auto* group : compiled_->trie.groups_of(level.raw)) {
            for (const auto& rule : group->rules)
                rows.push_back({host_rank(level.host), group->rank, &rule, &level.host});
        }
    }
    const auto text_of = [this](const row& r) -> const std::string& {
        return compiled_->patterns[r.rule->pattern].text();
    };
    std::stable_sort(rows.begin(), rows.end(), [&text_of](const row& a, const row& b) {
        if (a.host != b.host) return a.host > b.host;
        if (*a.name != *b.name) return *a.name < *b.name;
        if (a.rank != b.rank) return a.rank > b.rank;
        return text_of(a) < text_of(b);
    });
    std::vector<ordered_rule> out;
    out.reserve(rows.size());
    for (const auto& each : rows)
        out.push_back(
            {*each.name, text_of(each), compiled_->routes[each.rule->route].methods, each.rule->route});
    return out;
}

}  // namespace gate::auth
