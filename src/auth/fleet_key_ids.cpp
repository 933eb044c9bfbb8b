#include <gate/auth/fleet_key_ids.hpp>

#include <algorithm>

namespace gate::auth {

std::vector<key_id> fleet_key_ids::note(const key_id& held, core::time_point now, core::duration memory) {
    std::erase_if(known_, [&](const entry& each) { return each.id == held || now - each.held > memory; });
    known_.insert(known_.begin(), {held, now});
    if (known_.size() > most) known_.pop_back();
    std::vector<key_id> out;
    std::ranges::transform(known_, std::back_inserter(out), &entry::id);
    return out;
}

}  // namespace gate::auth
