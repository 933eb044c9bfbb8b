#include <gate/app/full_house.hpp>

#include <utility>

namespace gate::app {

void full_house::join(const proxy::idle_connections& idle, std::function<void()> close_one) {
    members_.push_back({&idle, std::move(close_one)});
}

template <class SinceWhen>
std::optional<std::size_t> full_house::oldest(SinceWhen since) const noexcept {
    std::optional<std::size_t> found;
    auto earliest = core::never;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const auto idle_since = since(*members_[i].idle);
        if (idle_since >= earliest) continue;
        earliest = idle_since;
        found = i;
    }
    return found;
}

std::optional<std::size_t> full_house::next() const noexcept {
    const auto stranger = oldest([](const auto& idle) { return idle.oldest_stranger(); });
    return stranger ? stranger : oldest([](const auto& idle) { return idle.oldest_known(); });
}

}  // namespace gate::app
