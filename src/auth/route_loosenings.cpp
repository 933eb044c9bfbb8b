#include "route_spots.hpp"

#include <gate/auth/policy.hpp>
#include <gate/auth/route_loosenings.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace gate::auth {
namespace {

constexpr std::size_t most_decisions = 200'000;  // a reload does not wait for more
constexpr std::size_t most_lines = 100;

// One configuration, and what requests get by it.
struct side {
    explicit side(const config::config& of) : options(of), policy(of) {}

    route_decision decide(const route_request& asked) {
        return policy.routes().decide(asked, scratch.routes);
    }
    std::string upstream_of(const route_decision& made) const {
        const auto index = made.chosen == nullptr ? 0 : made.chosen->upstream;
        return index == 0 ? "" : options.upstreams[index - 1].name;
    }

    const config::config& options;
    access_policy policy;
    policy_scratch scratch;
};

// From loose to strict.
int rank_of(const route_decision& made) noexcept {
    return made.in_shadow ? -1 : static_cast<int>(made.needs);
}

std::string access_of(const route_decision& made) {
    return made.in_shadow ? "in shadow" : std::string(to_string(made.needs));
}

class comparison {
public:
    comparison(const config::config& before, const config::config& after)
        : before_(before),
          after_(after),
          spots_(before_.policy.routes(), after_.policy.routes()),
          is_shadow_new_(!before.auth.shadow && after.auth.shadow),
          is_preflight_new_(!before.auth.preflight && after.auth.preflight) {}

    std::vector<std::string> run() {
        for (const auto& spot : spots_.all()) {
            if (left_ == 0) {
                lines_.emplace_back("the routes are too many: not all of them have been compared");
                break;
            }
            compare(spot);
        }
        if (lines_.size() > most_lines) {
            const auto more = lines_.size() - most_lines;
            lines_.resize(most_lines);
            lines_.push_back("and " + std::to_string(more) + " more patterns of routes");
        }
        return std::move(lines_);
    }

private:
    using methods_by_change = std::map<std::string, std::set<std::string>>;

    void compare(const route_spot& spot) {
        methods_by_change found;
        const auto host = spots_.host_in(spot);
        for (const auto& path : spots_.paths_in(spot)) {
            for (const auto& method : spots_.methods()) {
                if (left_ == 0) break;
                --left_;
                compare({.method = method, .path = path, .host = host}, found);
            }
        }
        const auto where = spot.second + (spot.first.empty() ? "" : " for " + spot.first);
        for (const auto& [change, methods] : found)
            lines_.push_back(std::string(where).append(words_for(methods)).append(": ").append(change));
    }

    void compare(const route_request& asked, methods_by_change& into) {
        const auto was = before_.decide(asked);
        const auto is = after_.decide(asked);
        const auto add = [&](const std::string& change) {
            into[change + by(is.chosen)].emplace(asked.method);
        };
        const bool was_open = was.in_shadow || was.needs == route_access::none;
        if (!was_open && rank_of(is) < rank_of(was) && !(is.in_shadow && is_shadow_new_))
            add(access_of(was) + " -> " + access_of(is));
        const bool is_preflight = asked.method == "OPTIONS" && is.preflight && !was.preflight;
        if (is_preflight && !was_open && is.needs > route_access::none && !is_preflight_new_)
            add("preflights: " + access_of(was) + " -> none");
        if (hands_token_on_now(was, is)) add("the token: removed -> passed on");
    }

    // The line names a public path itself.
    static std::string by(const route* chosen) {
        if (chosen == nullptr) return ", by auth.mode";
        return chosen->is_public_path ? "" : ", by " + chosen->where;
    }

    // Where the upstream is the same one, its own option has changed.
    bool hands_token_on_now(const route_decision& was, const route_decision& is) const {
        const bool verifies = is.needs == route_access::required || is.needs == route_access::optional;
        return verifies && after_.policy.forwards_token(is.chosen) &&
               !before_.policy.forwards_token(was.chosen) &&
               before_.upstream_of(was) != after_.upstream_of(is);
    }

    // "" for all of them.
    std::string words_for(const std::set<std::string>& methods) const {
        if (methods.size() == spots_.methods().size()) return {};
        std::string out;
        for (const auto& each : methods) {
            if (each != spots_.other_method()) out += (out.empty() ? "" : ", ") + each;
        }
        if (methods.contains(spots_.other_method()))
            out += out.empty() ? "other methods" : " and other methods";
        return " (" + out + ")";
    }

    side before_;
    side after_;
    const route_spots spots_;
    const bool is_shadow_new_;
    const bool is_preflight_new_;
    std::size_t left_ = most_decisions;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> route_loosenings(const config::config& before, const config::config& after) {
    return comparison(before, after).run();
}

}  // namespace gate::auth
