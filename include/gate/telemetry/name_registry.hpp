#pragma once
// The names that label metrics: of routes, and of upstreams. They come from the configuration, never from a
// request. A name keeps its index as long as the process lives, so that counters go on over reloads; the
// number of names is bounded, and those that do not fit share `_OTHER`.

#include <gate/core/mutex.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::telemetry {

using name_index = std::uint8_t;

inline constexpr name_index unnamed = 0;  // such series have no label for it

// Thread-safe.
class name_registry {
public:
    // A configuration has at most 100 names: all of them may change once.
    static constexpr name_index capacity = 200;
    static constexpr name_index other = capacity + 1;
    static constexpr std::size_t indexes = capacity + 2;

    // Empty: unnamed. Remembers a new name; `other` when there is no room left.
    name_index index_of(std::string_view name);

    // Empty for an index that has no name.
    std::string name_of(name_index which) const;

private:
    mutable core::mutex mutex_;
    std::vector<std::string> names_ GATE_GUARDED_BY(mutex_);  // of index 1 and so on
};

// Of one process. Thread-safe.
struct label_names {
    name_registry routes;
    name_registry upstreams;
};

}  // namespace gate::telemetry
