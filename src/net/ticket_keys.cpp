#include <gate/core/random.hpp>
#include <gate/net/ticket_keys.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace gate::net {
namespace {

constexpr std::size_t key_size = sizeof(ticket_key);
static_assert(key_size == 80);

void wipe(std::span<ticket_key> keys) noexcept {
    if (!keys.empty()) ::explicit_bzero(keys.data(), keys.size_bytes());
}

}  // namespace

ticket_keys::ticket_keys(std::span<const core::secret_string> given) : are_given_(true) {
    keys_.reserve(given.size());
    for (const auto& each : given) {
        if (each.reveal().size() != key_size) continue;
        std::memcpy(&keys_.emplace_back(), each.reveal().data(), key_size);
    }
}

ticket_keys::~ticket_keys() {
    wipe(keys_);
}

// What was encrypted with a key can be resumed for 24 to 36 hours.
void ticket_keys::renew(core::time_point now) {
    if (are_given_ || (!keys_.empty() && now - renewed_at_ < renewed_after)) return;
    const bool has_been_quiet = !keys_.empty() && now - renewed_at_ >= renewed_after * most_kept;
    if (has_been_quiet) {
        wipe(keys_);
        keys_.clear();
    }
    std::array<std::uint8_t, key_size> fresh{};
    core::fill_with_random(fresh);
    keys_.reserve(most_kept + 1);
    std::memcpy(&*keys_.emplace(keys_.begin()), fresh.data(), key_size);
    ::explicit_bzero(fresh.data(), fresh.size());
    if (keys_.size() > most_kept) {
        wipe({&keys_.back(), 1});
        keys_.pop_back();
    }
    renewed_at_ = now;
}

ticket_key ticket_keys::current(core::time_point now) {
    const core::lock_guard lock(mutex_);
    renew(now);
    return keys_.front();
}

std::optional<ticket_keys::found_key> ticket_keys::find(std::span<const std::uint8_t, 16> name,
                                                        core::time_point now) {
    const core::lock_guard lock(mutex_);
    renew(now);
    for (const auto& key : keys_) {
        if (std::equal(name.begin(), name.end(), key.name.begin()))
            return found_key{key, &key == &keys_.front()};
    }
    return {};
}

std::shared_ptr<ticket_keys> own_ticket_keys() {
    static const auto keys = std::make_shared<ticket_keys>();
    return keys;
}

}  // namespace gate::net
