#include "route_trie.hpp"

#include <algorithm>

namespace gate::auth {

std::uint32_t route_trie::add_node() {
    nodes_.emplace_back();
    children_.emplace_back();
    texts_.emplace_back();
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t route_trie::add_root() {
    return add_node();
}

std::uint32_t route_trie::child_of(std::uint32_t of, const http::path_pattern::segment& segment) {
    const auto known = segment.is_any ? nodes_[of].any : literals_.find(of, segment.text);
    if (known != none) return known;
    const auto made = add_node();
    children_[of].push_back(made);
    if (segment.is_any) {
        nodes_[of].any = made;
    } else {
        const auto text = '/' + std::string(segment.text);
        nodes_[of].marks |= mark_of(std::string_view(text).substr(1));
        literals_.add(of, segment.text, made);
        texts_[made] = segment.text;
    }
    return made;
}

void route_trie::add(std::uint32_t root, const http::path_pattern& pattern, const route_rule& rule) {
    auto at = root;
    for (const auto& segment : pattern.segments()) at = child_of(at, segment);
    auto& group = pattern.matches_below() ? nodes_[at].below : nodes_[at].exact;
    if (group == none) {
        group = static_cast<std::uint32_t>(groups_.size());
        groups_.push_back({pattern.rank(), {}});
    }
    groups_[group].rules.push_back(rule);
}

void route_trie::sort() {
    for (auto& group : groups_) {
        std::stable_sort(group.rules.begin(), group.rules.end(),
                         [](const route_rule& a, const route_rule& b) {
                             if (a.pattern != b.pattern) return a.pattern < b.pattern;
                             return a.methods != 0 && b.methods == 0;
                         });
    }
}

route_trie::beginning route_trie::beginning_of(std::uint32_t root) const {
    const auto says_nothing = [this](std::uint32_t at) {
        const node& one = nodes_[at];
        return one.exact == none && one.below == none && one.any == none && children_[at].size() == 1;
    };
    auto at = root;
    std::string text(1, '/');
    while (says_nothing(at)) {
        const auto& next = texts_[children_[at].front()];
        if (text.size() + next.size() + 1 > sizeof(std::uint64_t)) break;
        at = children_[at].front();
        text.append(next).append(1, '/');
    }
    if (at == root) return {.root = root, .at = root};
    beginning out{.root = root, .at = at, .last_slash = static_cast<unsigned>(text.size() - 1)};
    std::memcpy(&out.text, text.data(), text.size());
    std::memset(&out.mask, 0xff, text.size());
    return out;
}

std::vector<const rule_group*> route_trie::groups_of(std::uint32_t root) const {
    std::vector<const rule_group*> out;
    collect(root, out);
    return out;
}

void route_trie::collect(std::uint32_t at, std::vector<const rule_group*>& out) const {
    if (nodes_[at].exact != none) out.push_back(&groups_[nodes_[at].exact]);
    if (nodes_[at].below != none) out.push_back(&groups_[nodes_[at].below]);
    for (const auto child : children_[at]) collect(child, out);
}

}  // namespace gate::auth
