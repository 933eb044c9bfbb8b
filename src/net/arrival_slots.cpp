#include <gate/net/arrival_slots.hpp>

#include <algorithm>
#include <iterator>

namespace gate::net {

arrival_slots::slot* arrival_slots::enter(slot& one, core::time_point now) noexcept {
    slot* goes = nullptr;
    if (is_full()) {
        goes = silent_.empty() ? &known_.front() : &silent_.front();
        leave(*goes);
    }
    one.since_ = now;
    one.has_said_hello_ = false;
    silent_.push_back(one);
    return goes;
}

void arrival_slots::note_hello(slot& one) noexcept {
    if (!one.is_linked() || one.has_said_hello_) return;
    silent_.erase(silent_.iterator_to(one));
    one.has_said_hello_ = true;
    auto place = known_.end();
    while (place != known_.begin() && std::prev(place)->since_ > one.since_) --place;
    known_.insert(place, one);
}

void arrival_slots::leave(slot& one) noexcept {
    if (!one.is_linked()) return;
    auto& own = queue_of(one);
    own.erase(own.iterator_to(one));
}

const arrival_slots::slot* arrival_slots::oldest() const noexcept {
    if (silent_.empty() || known_.empty()) {
        const auto& only = silent_.empty() ? known_ : silent_;
        return only.empty() ? nullptr : &only.front();
    }
    return silent_.front().since_ <= known_.front().since_ ? &silent_.front() : &known_.front();
}

core::time_point arrival_slots::due() const noexcept {
    const auto* const next = oldest();
    if (next == nullptr) return core::never;
    return next->since_ + (is_crowded() ? std::min(patience_, crowded_patience) : patience_);
}

arrival_slots::slot* arrival_slots::take_overdue(core::time_point now) noexcept {
    return due() <= now ? take_oldest() : nullptr;
}

arrival_slots::slot* arrival_slots::take_oldest() noexcept {
    auto* const one = const_cast<slot*>(oldest());
    if (one != nullptr) leave(*one);
    return one;
}

}  // namespace gate::net
