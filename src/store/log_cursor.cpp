#include <gate/store/log_cursor.hpp>

#include <algorithm>

namespace gate::store {
namespace {

auth::log_position before(const auth::log_position& position) noexcept {
    const auto overlap = static_cast<std::uint64_t>(log_cursor::overlap.count());
    return {position.milliseconds - std::min(position.milliseconds, overlap), 0};
}

}  // namespace

void log_cursor::begin() noexcept {
    begins_ = must_look_ = is_catching_up_ = true;
}

log_cursor::step log_cursor::next(core::time_point now) const noexcept {
    using kind = step::kind;
    if (must_look_ || now - looked_at_ >= between_looks) return {kind::look, {}};
    return {is_catching_up_ ? kind::read : kind::await, after_};
}

bool log_cursor::looked(const auth::log_position& newest, core::time_point now) noexcept {
    const bool is_other = newest < position_;
    if (is_other) position_ = told_ = {};
    if (begins_ || is_other) {
        after_ = before(told_);
        end_ = newest;
        is_catching_up_ = true;
    }
    begins_ = must_look_ = false;
    looked_at_ = now;
    return is_other;
}

bool log_cursor::has_read(const std::optional<auth::log_position>& last) noexcept {
    if (last) {
        after_ = *last;
        position_ = std::max(position_, *last);
    } else {
        must_look_ = true;
    }
    const bool is_there = is_catching_up_ && !begins_ && (!last || after_ >= end_);
    if (is_there) is_catching_up_ = false;
    if (!is_catching_up_) told_ = position_;
    return is_there;
}

}  // namespace gate::store
