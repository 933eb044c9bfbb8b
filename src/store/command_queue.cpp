#include <gate/store/command_queue.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {

bool command_queue::add(core::time_point deadline, auth::store_span now, command_callback&& then) {
    if (waiting_.size() >= most_) return false;
    waiting_.push_back({deadline, now, std::move(then)});
    return true;
}

std::optional<command_queue::answered> command_queue::answer(reply value, auth::store_span now) {
    if (waiting_.empty()) return {};
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    const auto why = value.is_error() ? fault::failed : fault::none;
    return answered{std::move(first.then), {why, std::move(value), first.sent, now}};
}

std::vector<command_callback> command_queue::expire(core::time_point now) {
    std::vector<command_callback> out;
    for (auto& each : waiting_)
        if (each.then && each.deadline <= now) out.push_back(std::exchange(each.then, {}));
    return out;
}

std::vector<command_callback> command_queue::clear() {
    std::vector<command_callback> out;
    for (auto& each : waiting_)
        if (each.then) out.push_back(std::move(each.then));
    waiting_.clear();
    return out;
}

core::time_point command_queue::next_deadline() const noexcept {
    auto out = core::never;
    for (const auto& each : waiting_)
        if (each.then) out = std::min(out, each.deadline);
    return out;
}

auth::store_span command_queue::silence(auth::store_span now) const noexcept {
    return waiting_.empty() ? auth::store_span{} : now - waiting_.front().sent;
}

}  // namespace gate::store
