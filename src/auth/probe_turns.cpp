#include <gate/auth/probe_turns.hpp>

#include <algorithm>

namespace gate::auth {

bool probe_turns::is_waiting(const record& each, core::time_point now) const noexcept {
    return each.asked != core::time_point::min() &&
           now - each.asked <= std::max(shortest_wait, 3 * interval_);
}

probe_turns::record* probe_turns::find(const client_id& network) noexcept {
    const auto end = records_.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto found =
        std::find_if(records_.begin(), end, [&](const record& each) { return each.network == network; });
    return found == end ? nullptr : &*found;
}

// Nothing where all places are taken by networks that wait.
probe_turns::record* probe_turns::place_for(const client_id& network, core::time_point now) noexcept {
    if (auto* known = find(network)) return known;
    record* place = nullptr;
    if (size_ < max_networks) {
        place = &records_[size_++];
    } else {
        const auto oldest =
            std::min_element(records_.begin(), records_.end(),
                             [](const record& a, const record& b) { return a.asked < b.asked; });
        if (is_waiting(*oldest, now)) return nullptr;
        place = &*oldest;
    }
    *place = {network, 0, core::time_point::min(), core::time_point::min()};
    return place;
}

bool probe_turns::goes_before(const record& one, int probes, core::time_point came) noexcept {
    return one.probes < probes || (one.probes == probes && one.came > came);
}

core::time_point probe_turns::turn_of(const client_id& network, core::time_point due,
                                      core::time_point now) noexcept {
    auto* own = place_for(network, now);
    if (own != nullptr) {
        if (!is_waiting(*own, now)) own->came = now;
        own->asked = now;
    }
    const int probes = own == nullptr ? 0 : own->probes;
    const auto came = own == nullptr ? now : own->came;
    bool is_alone = true;
    bool gives_way = false;
    for (std::size_t i = 0; i < size_; ++i) {
        const auto& each = records_[i];
        if (each.network == network || !is_waiting(each, now)) continue;
        is_alone = false;
        gives_way = gives_way || goes_before(each, probes, came);
    }
    if (is_alone) return due;
    const int pause = std::min(1 << std::min(probes, 8), longest_pause);
    const auto turn = due + (pause - 1) * interval_;
    return gives_way ? std::max(turn, due + kept_turn) : turn;
}

void probe_turns::note_probe(const client_id& network, core::time_point now) noexcept {
    auto* own = place_for(network, now);
    if (own == nullptr) return;
    ++own->probes;
    own->asked = core::time_point::min();  // it has had what it waited for
}

void probe_turns::take_back(const client_id& network) noexcept {
    auto* own = find(network);
    if (own != nullptr && own->probes > 0) --own->probes;
}

}  // namespace gate::auth
