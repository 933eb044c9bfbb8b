#include "route_choice.hpp"

#include <algorithm>

namespace gate::auth {
namespace {

bool is_soft(const compiled_routes& in, const path_spelling& by, const route_rule& rule) noexcept {
    return by.form != path_form::raw && !rule.is_plain && !in.patterns[rule.pattern].matches(by.raw);
}

// What a group says to a method: of each pattern its first rule that has the method, of these the strictest.
struct group_answer {
    const route_rule* rule = nullptr;  // null: no rule has the method
    route_access needs = route_access::none;
    bool preflight = true;
    bool is_soft = true;

    group_answer(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                 const rule_group& group) noexcept {
        const route_rule* last = nullptr;
        for (const auto& each : group.rules) {
            if (!each.has_method(method) || (last != nullptr && last->pattern == each.pattern)) continue;
            last = &each;
            if (rule == nullptr || each.needs > needs) rule = &each;
            needs = std::max(needs, each.needs);
            preflight = preflight && each.preflight;
            is_soft = is_soft && auth::is_soft(in, by, each);
        }
    }
};

std::uint32_t root_of(const host_level& level, const path_spelling& by) noexcept {
    switch (by.form) {
        case path_form::raw: return level.raw;
        case path_form::plain: return level.plain;
        case path_form::lower: return level.lower;
    }
    return level.plain;
}

void take_defaults(const compiled_routes& in, route_choice& out) noexcept {
    if (in.defaults.mode > out.needs) out.strict = nullptr;
    out.needs = std::max(out.needs, in.defaults.mode);
    out.preflight = out.preflight && in.defaults.preflight;
}

// A rule that matches, in the order of choice.
struct candidate {
    const route_rule* rule;
    const rule_group* group;
    std::uint32_t level;
    bool is_soft;
};

class shadow_chooser {
public:
    shadow_chooser(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                   std::uint32_t level)
        : in_(in) {
        for (auto at = level; at != host_level::last; at = in.levels[at].next) {
            in.trie.visit(root_of(in.levels[at], by), by.path, [&](const rule_group& group) {
                for (const auto& rule : group.rules) {
                    if (rule.has_method(method)) add({&rule, &group, at, is_soft(in, by, rule)});
                }
                return false;
            });
        }
    }

    route_choice choose_from(std::size_t i) const {
        if (i == found_.size()) return nothing();
        const auto& [rule, group, level, soft] = found_[i];
        if (rule->shadow) return in_trial(i);
        if (!soft) return choose_firm(i);
        auto out = choose_from(after_pattern(i));
        if (rule->needs < out.needs) return out;
        out.needs = rule->needs;
        out.preflight = out.preflight && rule->preflight;
        out.in_shadow = false;
        return out;
    }

private:
    void add(const candidate& c) {
        const bool is_stricter = c.rule->needs > in_.defaults.mode || c.is_soft;
        if (!c.rule->shadow || !is_stricter) found_.push_back(c);
    }

    route_choice nothing() const {
        return {nullptr, nullptr, in_.defaults.mode, in_.defaults.preflight, in_.defaults.shadow};
    }

    // Of the rules in shadow at `i`, unless it is stricter than what comes without it.
    route_choice in_trial(std::size_t i) const {
        const auto& trial = *found_[i].rule;
        const auto without = choose_from(i + 1);
        if (trial.needs > without.needs || meets_firm_rule(i)) return without;
        route_choice out{&trial, &trial, trial.needs, trial.preflight, true};
        tighten(i, out);
        return out;
    }

    // The candidate after those of the same pattern.
    std::size_t after_pattern(std::size_t i) const {
        const auto& [rule, group, level, soft] = found_[i];
        while (i < found_.size() && found_[i].group == group && found_[i].rule->pattern == rule->pattern) ++i;
        return i;
    }

    // Whether another pattern with the same plain form has a rule that is not in shadow: the stricter counts,
    // and a soft one only where it is that.
    bool meets_firm_rule(std::size_t i) const {
        const auto& trial = *found_[i].rule;
        return std::any_of(found_.begin(), found_.end(), [&](const candidate& c) {
            if (c.group != found_[i].group || c.rule->pattern == trial.pattern) return false;
            return is_firm(c) || (!c.rule->shadow && c.rule->needs > trial.needs);
        });
    }

    static bool is_firm(const candidate& c) noexcept { return !c.rule->shadow && !c.is_soft; }

    // The strictest of the group: of each of its patterns the first rule.
    route_choice choose_firm(std::size_t i) const {
        route_choice out{found_[i].rule, found_[i].rule, route_access::none, true, false};
        take_group(i, out);
        tighten(i, out);
        return out;
    }

    // Returns the index of the candidate after the group. Adds what its rules out of shadow say.
    std::size_t take_group(std::size_t i, route_choice& out) const {
        const auto* const group = found_[i].group;
        const route_rule* last = nullptr;
        for (; i < found_.size() && found_[i].group == group; ++i) {
            const auto& rule = *found_[i].rule;
            if (rule.shadow || (last != nullptr && last->pattern == rule.pattern)) continue;
            last = &rule;
            if (found_[i].is_soft && rule.needs < out.needs) continue;
            out.needs = std::max(out.needs, rule.needs);
            out.preflight = out.preflight && rule.preflight;
            out.in_shadow = false;
        }
        return i;
    }

    // By the best candidates of less specific hosts: those that have a more specific path than candidate `i`.
    void tighten(std::size_t i, route_choice& out) const {
        const auto& rank = found_[i].group->rank;
        auto decided = found_[i].level;  // the level that has nothing more to say
        for (++i; i < found_.size();) {
            const auto& c = found_[i];
            if (c.level != decided && c.group->rank <= rank) decided = c.level;
            if (c.level == decided || c.rule->shadow) {
                ++i;
                continue;
            }
            const bool ends_level = std::any_of(found_.begin(), found_.end(), [&c](const candidate& other) {
                return other.group == c.group && is_firm(other);
            });
            if (ends_level) decided = c.level;
            i = take_group(i, out);
        }
    }

    const compiled_routes& in_;
    std::vector<candidate> found_;
};

}  // namespace

route_choice choose(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                    std::uint32_t level) {
    route_choice out;
    const rule_group* chosen = nullptr;
    for (auto at = level; at != host_level::last; at = in.levels[at].next) {
        in.trie.visit(root_of(in.levels[at], by), by.path, [&](const rule_group& group) {
            if (chosen != nullptr && group.rank <= chosen->rank) return true;
            const group_answer answer(in, by, method, group);
            if (answer.rule == nullptr) return false;
            if (out.strict == nullptr || answer.needs > out.needs) out.strict = answer.rule;
            out.needs = std::max(out.needs, answer.needs);
            out.preflight = out.preflight && answer.preflight;
            if (answer.is_soft) return false;
            if (chosen == nullptr) {
                chosen = &group;
                out.rule = answer.rule;
            }
            return true;
        });
    }
    if (chosen == nullptr) take_defaults(in, out);
    return out;
}

route_choice shadow_choice(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                           std::uint32_t level) {
    return shadow_chooser(in, by, method, level).choose_from(0);
}

}  // namespace gate::auth
