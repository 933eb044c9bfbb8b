#include <gate/auth/token_cache.hpp>

namespace gate::auth {
namespace {

// As long as an exchange under way may take to see why its token was refused.
constexpr std::chrono::seconds memory_of_refusals{10};

}  // namespace

token_cache::token_cache(std::size_t max_entries, core::duration memory, std::size_t shards)
    : table_(max_entries, shards), memory_(memory) {
    static_assert(sizeof(entry) == 80, "with the 48 bytes that the table needs: two cache lines");
}

token_cache::lookup token_cache::find(const token_key& key, core::time_point now) {
    return find(key, now, [](std::string_view) {});
}

void token_cache::put(const token_key& key, const vouched& facts, core::time_point now) {
    put_if(key, facts, now, [] { return true; });
}

bool token_cache::erase(const token_key& key) {
    return table_.erase(key);
}
void token_cache::limit_ttl(core::duration ttl) {
    table_.for_each([ttl](const token_key&, entry& each) {
        each.fresh_until = std::min(each.fresh_until, each.asked + ttl);
        return false;
    });
}

std::size_t token_cache::size() const {
    return table_.size();
}

negative_cache::negative_cache(std::size_t max_entries, std::size_t shards) : table_(max_entries, shards) {}

refused negative_cache::find(const token_key& key, core::time_point now) {
    refused out;
    table_.find(key, [&](const refused& found) {
        const bool counts = now < found.until;
        if (counts) out = found;
        return counts;
    });
    return out;
}

core::reason negative_cache::last_word(const token_key& key) {
    auto out = core::reason::none;
    table_.find(key, [&](const refused& found) {
        out = found.why;
        return false;
    });
    return out;
}

void negative_cache::put(const token_key& key, refused entry, core::time_point now) {
    table_.put(key, entry, [now](const refused& old) {
        return now >= old.until && now - old.asked >= memory_of_refusals;
    });
}

bool negative_cache::erase(const token_key& key) {
    return table_.erase(key);
}
void negative_cache::limit_ttl(core::duration ttl) {
    table_.for_each([ttl](const token_key&, refused& each) {
        each.until = std::min(each.until, each.asked + ttl);
        return false;
    });
}

std::size_t negative_cache::size() const {
    return table_.size();
}

}  // namespace gate::auth
