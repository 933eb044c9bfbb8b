#include <gate/auth/token_cache.hpp>

namespace gate::auth {

token_cache::token_cache(std::size_t max_entries, core::duration memory, std::size_t shards)
    : table_(max_entries, shards), memory_(memory) {}

token_cache::lookup token_cache::find(const token_key& key, core::time_point now) {
    lookup out;
    out.entry = table_.find(key, [now](const vouched& entry) { return now < entry.fresh_until; });
    if (out.entry.who) out.state = now < out.entry.fresh_until ? cache_state::hit : cache_state::expired;
    return out;
}

void token_cache::put(const token_key& key, vouched entry, core::time_point now) {
    table_.put(key, std::move(entry), [&](const vouched& old) { return now - old.fresh_until >= memory_; });
}

bool token_cache::erase(const token_key& key) {
    return table_.erase(key);
}
std::size_t token_cache::size() const {
    return table_.size();
}

negative_cache::negative_cache(std::size_t max_entries, std::size_t shards) : table_(max_entries, shards) {}

refused negative_cache::find(const token_key& key, core::time_point now) {
    const auto found = table_.find(key, [now](const refused& entry) { return now < entry.until; });
    return now < found.until ? found : refused{};
}

void negative_cache::put(const token_key& key, refused entry, core::time_point now) {
    table_.put(key, entry, [now](const refused& old) { return now >= old.until; });
}

bool negative_cache::erase(const token_key& key) {
    return table_.erase(key);
}
std::size_t negative_cache::size() const {
    return table_.size();
}

}  // namespace gate::auth
