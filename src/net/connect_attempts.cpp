#include <gate/net/connect_attempts.hpp>

#include <algorithm>
#include <cassert>

namespace gate::net {

std::vector<std::size_t> order_of_attempts(const address_list& addresses,
                                           const core::stream_protocol::endpoint* first) {
    std::array<std::vector<std::size_t>, 2> of_family;  // the first one's, the other one
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const bool is_like_first = addresses[i].protocol().family() == addresses[0].protocol().family();
        of_family[is_like_first ? 0 : 1].push_back(i);
    }
    std::vector<std::size_t> out;
    for (std::size_t i = 0; out.size() < addresses.size(); ++i) {
        for (const auto& each : of_family)
            if (i < each.size()) out.push_back(each[i]);
    }
    if (first == nullptr) return out;
    const auto found = std::ranges::find_if(out, [&](std::size_t i) { return addresses[i] == *first; });
    if (found != out.end()) std::rotate(out.begin(), found, found + 1);
    return out;
}

connect_attempts::action connect_attempts::next(core::time_point now) noexcept {
    using kind = action::kind;
    if (now >= until_) {
        failure_ = core::reason::upstream_connect_timeout;
        return {.step = kind::give_up};
    }
    const bool has_more = begun_ < addresses_;
    if (has_more && now >= next_due_) {
        if (count_ == most_at_once) {
            const auto oldest = under_way_.front();
            remove(oldest);
            return {.step = kind::abandon, .attempt = oldest};
        }
        next_due_ = now + head_start;
        under_way_[count_++] = begun_;
        return {.step = kind::begin, .attempt = begun_++};
    }
    if (count_ == 0) return {.step = kind::give_up};
    return {.step = kind::wait, .attempt = 0, .until = has_more ? std::min(next_due_, until_) : until_};
}

// The next one begins without a delay. That an address has no route says least: a host without IPv6 has none
// for all addresses of that kind.
void connect_attempts::has_failed(std::size_t attempt, core::reason why) noexcept {
    remove(attempt);
    next_due_ = core::time_point::min();
    if (why != core::reason::upstream_unreachable) failure_ = why;
}

void connect_attempts::remove(std::size_t attempt) noexcept {
    auto* const end = under_way_.begin() + count_;
    auto* const found = std::find(under_way_.begin(), end, attempt);
    assert(found != end);
    std::copy(found + 1, end, found);
    --count_;
}

}  // namespace gate::net
