#include <gate/auth/call_delays.hpp>

#include <algorithm>

namespace gate::auth {

void call_delays::add(const token_key& key, core::time_point began, core::time_point now) {
    delay made{began + first_pause, now, first_pause};
    table_.find(key, [&](const delay& known) {
        const bool is_further = began > known.seen;
        made.pause = is_further ? std::min(known.pause * 2, longest_) : known.pause;
        made.until = std::max(known.until, began + made.pause);
        return true;
    });
    table_.put(key, made,
               [now, longest = longest_](const delay& each) { return now >= each.until + longest; });
}

std::chrono::seconds call_delays::time_left(const token_key& key, core::time_point now) {
    auto until = now;
    table_.find(key, [&](const delay& known) {
        until = std::max(now, known.until);
        return until != now;
    });
    return std::chrono::ceil<std::chrono::seconds>(until - now);
}

}  // namespace gate::auth
