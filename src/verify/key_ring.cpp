#include <gate/verify/key_ring.hpp>

#include <utility>

namespace gate::verify {

key_ring_core::key_ring_core(key_pointer in_use) noexcept : in_use_{std::move(in_use)} {}

bool key_ring_core::is(const entry& kept, const core::secret_string& key) const {
    return kept.key != nullptr && *kept.key == key;
}

key_offer key_ring_core::offer(key_pointer fresh) {
    if (new_.key != nullptr && is(new_, *fresh)) return key_offer::known;
    const bool is_back = is(in_use_, *fresh);
    if (is_back && new_.key == nullptr) return key_offer::known;
    new_ = {};
    new_failed_ = false;
    if (is_back) return key_offer::withdrawn;
    new_.key = std::move(fresh);
    try_new_at_ = core::time_point::min();
    if (in_use_.key == nullptr || in_use_.key->empty()) take_over();
    return key_offer::fresh;
}

key_pointer key_ring_core::first(core::time_point now) {
    if (new_.key == nullptr || now < try_new_at_ || best() == new_.key) return best();
    try_new_at_ = now + key_trial_gap;
    return new_.key;
}

key_pointer key_ring_core::best() const {
    const bool new_is_better = in_use_.is_refused && new_.key != nullptr && !new_.is_refused;
    return new_is_better ? new_.key : in_use_.key;
}

key_pointer key_ring_core::other_than(const core::secret_string& tried) const {
    if (!is(in_use_, tried)) return in_use_.key;
    return new_.is_contradicted ? nullptr : new_.key;
}

key_pointer key_ring_core::to_confirm(const core::secret_string& tried) const {
    return is(new_, tried) && (!in_use_.is_refused || new_.is_contradicted) ? in_use_.key : nullptr;
}

key_event key_ring_core::worked(const core::secret_string& key) {
    if (is(new_, key)) {
        take_over();
        all_refused_ = false;
        return key_event::replaced;
    }
    if (!is(in_use_, key)) return key_event::none;
    in_use_.is_refused = false;
    const bool recovered = std::exchange(all_refused_, false);
    if (new_.is_refused && !std::exchange(new_failed_, true)) return key_event::new_key_refused;
    return recovered ? key_event::works_again : key_event::none;
}

key_event key_ring_core::refused(const core::secret_string& key, core::time_point now) {
    if (is(new_, key)) {
        new_.is_refused = true;
        try_new_at_ = now + key_try_again;
    } else if (is(in_use_, key)) {
        in_use_.is_refused = true;
    } else {
        return key_event::none;
    }
    const bool all = in_use_.is_refused && (new_.key == nullptr || new_.is_refused);
    return all && !std::exchange(all_refused_, true) ? key_event::all_refused : key_event::none;
}

void key_ring_core::contradicted(const core::secret_string& key, core::time_point now) {
    if (!is(new_, key)) return;
    new_.is_refused = new_.is_contradicted = true;
    try_new_at_ = now + key_try_again;
}

bool key_ring_core::is_contradicted(const core::secret_string& key) const {
    return is(new_, key) && new_.is_contradicted;
}

void key_ring_core::take_over() noexcept {
    in_use_ = {std::exchange(new_.key, nullptr)};
    new_ = {};
    new_failed_ = false;
}

key_ring::key_ring(core::secret_string in_use, listener tell, reader read_again)
    : tell_(std::move(tell)),
      read_again_(std::move(read_again)),
      core_(std::make_shared<const core::secret_string>(std::move(in_use))) {}

key_offer key_ring::offer(core::secret_string fresh) {
    auto key = std::make_shared<const core::secret_string>(std::move(fresh));
    const core::lock_guard lock(mutex_);
    return core_.offer(std::move(key));
}

key_pointer key_ring::first(core::time_point now) {
    const core::lock_guard lock(mutex_);
    return core_.first(now);
}

key_pointer key_ring::best() const {
    const core::lock_guard lock(mutex_);
    return core_.best();
}

key_pointer key_ring::in_use() const {
    const core::lock_guard lock(mutex_);
    return core_.in_use();
}

key_pointer key_ring::other_than(const core::secret_string& tried) const {
    const core::lock_guard lock(mutex_);
    return core_.other_than(tried);
}

bool key_ring::is_contradicted(const core::secret_string& key) const {
    const core::lock_guard lock(mutex_);
    return core_.is_contradicted(key);
}

void key_ring::contradicted(const core::secret_string& key, core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.contradicted(key, now);
}

key_pointer key_ring::to_confirm(const core::secret_string& tried) const {
    const core::lock_guard lock(mutex_);
    return core_.to_confirm(tried);
}

void key_ring::worked(const core::secret_string& key) {
    auto what = key_event::none;
    {
        const core::lock_guard lock(mutex_);
        what = core_.worked(key);
    }
    tell(what);
}

key_pointer key_ring::refused(const core::secret_string& key, core::time_point now) {
    auto what = key_event::none;
    key_pointer other;
    {
        const core::lock_guard lock(mutex_);
        what = core_.refused(key, now);
        other = core_.other_than(key);
    }
    tell(what);
    return other;
}

bool key_ring::all_refused() const {
    const core::lock_guard lock(mutex_);
    return core_.all_refused();
}

bool key_ring::new_key_refused() const {
    const core::lock_guard lock(mutex_);
    return core_.new_key_refused();
}

void key_ring::tell(key_event what) const {
    if (tell_ && what != key_event::none) tell_(what);
}

}  // namespace gate::verify
