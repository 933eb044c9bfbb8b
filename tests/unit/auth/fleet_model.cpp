#include "fleet_model.hpp"

#include <algorithm>
#include <span>

namespace fleet_model {
namespace {

std::size_t index_of(message which) {
    return static_cast<std::size_t>(which);
}

bool is_in_one_moment(int one, int other) {
    return moments_after(one).size() == moments_after(other).size();
}

}  // namespace

int state::time_of(message which) const {
    switch (which) {
        case message::of_a:
        case message::of_b: return calls.at(index_of(which)).asked;
        case message::revocation: return revoked_at;
        case message::purge: break;
    }
    return purged_at;
}

std::optional<int> state::first_heard(message which) const {
    for (std::size_t i = 0; i < heard_count; ++i)
        if (heard.at(i).which == which) return heard.at(i).at;
    return {};
}

std::optional<int> state::last_heard(message which) const {
    for (std::size_t i = heard_count; i-- > 0;)
        if (heard.at(i).which == which) return heard.at(i).at;
    return {};
}

bool state::can(const step& next) const {
    const bool is_last = moments_after(now).empty();
    const bool may_say =
        !is_last && (heard_count == 0 || !is_in_one_moment(heard.at(heard_count - 1).at, now));
    switch (next.what) {
        case event::call_for_yes:
        case event::call_for_no:
            if (next.which == message::of_b && calls[0].asked < 0) return false;
            return time_of(next.which) < 0 && may_say;
        case event::revoke: return revoked_at < 0 && may_say;
        case event::purge: return purged_at < 0 && may_say;
        case event::wait: return !is_last;
        case event::hear: break;
    }
    std::size_t repeated = heard_count;
    for (const auto each : messages) repeated -= first_heard(each) ? 1 : 0;
    return time_of(next.which) >= 0 && (repeated < most_repeated || !first_heard(next.which));
}

void state::take(const step& next) {
    ++now;
    switch (next.what) {
        case event::call_for_yes:
        case event::call_for_no:
            calls.at(index_of(next.which)) = {now, next.what == event::call_for_yes};
            break;
        case event::revoke: revoked_at = now; break;
        case event::purge: purged_at = now; break;
        case event::wait: now = moments_after(now).front() + now % 1'000; break;
        case event::hear: heard.at(heard_count++) = {next.which, now}; break;
    }
}

std::string state::text() const {
    constexpr std::array names{"a", "b", "revocation", "purge"};
    std::string out;
    const auto add = [&](message which, const char* what, int at) {
        out += std::string(names.at(index_of(which))) + ' ' + what + ' ' + std::to_string(at) + " ms; ";
    };
    for (const auto each : {message::of_a, message::of_b})
        if (time_of(each) >= 0)
            add(each, calls.at(index_of(each)).is_yes ? "yes of" : "no of", time_of(each));
    for (const auto each : {message::revocation, message::purge})
        if (time_of(each) >= 0) add(each, "of", time_of(each));
    for (const auto& each : std::span(heard).first(heard_count)) add(each.which, "heard at", each.at);
    return out + "now " + std::to_string(now) + " ms";
}

std::span<const int> moments_after(int now) {
    return {std::ranges::upper_bound(moments, now), moments.end()};
}

std::vector<step> all_steps() {
    std::vector<step> out{{event::revoke}, {event::purge}, {event::wait}};
    for (const auto which : {message::of_a, message::of_b})
        for (const auto each : {event::call_for_yes, event::call_for_no}) out.push_back({each, which});
    for (const auto which : messages) out.push_back({event::hear, which});
    return out;
}

}  // namespace fleet_model
