#include <gate/telemetry/name_registry.hpp>

#include <algorithm>

namespace gate::telemetry {
namespace {

constexpr std::string_view other_name = "_OTHER";

}  // namespace

name_index name_registry::index_of(std::string_view name) {
    if (name.empty()) return unnamed;
    if (name == other_name) return other;  // two series of one name would spoil the whole scrape
    const core::lock_guard lock(mutex_);
    const auto known = std::find(names_.begin(), names_.end(), name);
    const auto at = static_cast<std::size_t>(known - names_.begin());
    if (at == capacity) return other;
    if (known == names_.end()) names_.emplace_back(name);
    return static_cast<name_index>(at + 1);
}

std::string name_registry::name_of(name_index which) const {
    if (which == other) return std::string(other_name);
    const core::lock_guard lock(mutex_);
    if (which == unnamed || which > names_.size()) return {};
    return names_[which - 1u];
}

}  // namespace gate::telemetry
