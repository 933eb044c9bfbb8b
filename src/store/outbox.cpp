#include <gate/store/outbox.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {

std::uint64_t outbox::add(letter what) {
    if (letters_.size() >= most) drop(letters_.begin()->first);
    what.due = next_due_ = core::time_point::min();
    letters_.emplace(next_, std::move(what));
    return next_++;
}

outbox::letter* outbox::find(std::uint64_t number) {
    const auto found = letters_.find(number);
    return found == letters_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> outbox::take_due(core::time_point now, std::size_t most_at_once) {
    std::vector<std::uint64_t> out;
    std::vector<std::uint64_t> old;
    for (auto& [number, each] : letters_) {
        if (each.young_until <= now) {
            old.push_back(number);
        } else if (each.due <= now && out.size() < most_at_once) {
            each.due = now + again;
            out.push_back(number);
        }
    }
    for (const auto number : old) drop(number);
    next_due_ = core::never;
    for (const auto& [number, each] : letters_) next_due_ = std::min(next_due_, each.due);
    return out;
}

void outbox::acknowledge(std::uint64_t number) {
    auto* const found = find(number);
    if (found == nullptr) return;
    if (const auto told = std::exchange(found->acknowledged, {})) told(true);
    if (found->is_kept) {
        found->due = core::never;
    } else {
        letters_.erase(number);
    }
}

void outbox::begin_again(std::uint64_t connection) {
    for (auto at = letters_.begin(); at != letters_.end();) {
        if (!at->second.notice && at->second.connection != connection) {
            at = letters_.erase(at);
            continue;
        }
        at->second.due = next_due_ = core::time_point::min();
        ++at;
    }
}

void outbox::drop(std::uint64_t number) {
    const auto found = letters_.find(number);
    if (const auto told = std::move(found->second.acknowledged)) told(false);
    letters_.erase(found);
}

}  // namespace gate::store
