#include "fleet_model.hpp"

#include <algorithm>

namespace fleet_model {

bool state::is_sent(message which) const {
    switch (which) {
        case message::of_a: return calls[0].is_told;
        case message::of_b: return calls[1].is_told;
        case message::revocation: return revoked_at >= 0;
        case message::purge: break;
    }
    return purged_at >= 0;
}

bool state::can(const step& next) const {
    const auto& own = calls[next.on];
    switch (next.what) {
        case event::begin: return own.asked < 0 && lock < 0;
        case event::answer: return own.asked >= 0 && !own.is_answered;
        case event::finish: return own.is_answered && !own.is_told;
        case event::lock_ends: return lock >= 0 && !lock_has_ended;
        case event::withdraw: return !is_withdrawn;
        case event::revoke: return revoked_at < 0;
        case event::purge: return purged_at < 0;
        case event::expire: return !has_expired;
        case event::hear: return is_sent(next.which) && !knows(next.on, next.which) && !is_lost(next);
        case event::repeat: return repeated < 0 && knows(next.on, next.which);
        case event::lose: break;
    }
    return lost < 0 && is_sent(next.which) && !knows(next.on, next.which);
}

void state::take(const step& next) {
    auto& own = calls[next.on];
    ++now;
    switch (next.what) {
        case event::begin:
            own.asked = now;
            lock = next.on;
            break;
        case event::answer:
            own.is_answered = true;
            own.is_yes = !is_withdrawn;
            break;
        case event::finish:
            own.is_told = true;
            if (lock == next.on) lock = -1;
            hear(next.on, next.on == 0 ? message::of_a : message::of_b);
            break;
        case event::lock_ends:
            lock = -1;
            lock_has_ended = true;
            break;
        case event::withdraw: is_withdrawn = true; break;
        case event::revoke:
            revoked_at = now;
            hear(next.on, message::revocation);
            break;
        case event::purge:
            purged_at = now;
            hear(next.on, message::purge);
            break;
        case event::expire:
            now += static_cast<int>(ttl.count());
            has_expired = true;
            break;
        case event::hear: hear(next.on, next.which); break;
        case event::repeat: repeated = number_of(next); break;
        case event::lose: lost = number_of(next); break;
    }
}

std::string state::name() const {
    std::vector<int> times{calls[0].asked, calls[1].asked, revoked_at, purged_at};
    auto sorted = times;
    std::ranges::sort(sorted);
    std::string out;
    const auto expired = [&](int at) { return at >= 0 && now >= at + ttl.count(); };
    for (const int each : times) {
        out += each < 0 ? '-'
                        : static_cast<char>('0' + (std::ranges::lower_bound(sorted, each) - sorted.begin()));
        out += expired(each) ? 'x' : '.';
    }
    for (const auto& each : calls)
        out += static_cast<char>('0' + each.is_answered + 2 * each.is_yes + 4 * each.is_told);
    for (const auto each : heard) out += static_cast<char>('A' + each);
    for (const int each : {lock, repeated, lost}) out += static_cast<char>('a' + each + 1);
    out += static_cast<char>('0' + is_withdrawn + 2 * has_expired + 4 * lock_has_ended);
    return out;
}

std::vector<step> all_steps() {
    std::vector<step> out;
    for (std::uint8_t on = 0; on < 2; ++on) {
        for (const auto each : {event::begin, event::answer, event::finish}) out.push_back({each, on});
        for (const auto which : messages)
            for (const auto each : {event::hear, event::repeat, event::lose})
                out.push_back({each, on, which});
    }
    out.push_back({event::revoke, 0});
    out.push_back({event::purge, 1});
    for (const auto each : {event::lock_ends, event::withdraw, event::expire}) out.push_back({each});
    return out;
}

}  // namespace fleet_model
