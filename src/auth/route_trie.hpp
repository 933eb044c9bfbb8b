#pragma once
// The patterns of all routes, segment by segment: the more specific ones are met first, and a request passes
// only nodes that its own segments lead to. Immutable after load.

#include "text_table.hpp"

#include <gate/auth/route.hpp>
#include <gate/http/path_pattern.hpp>

#include <bit>
#include <cstring>

namespace gate::auth {

// One pattern of one route, for one host level.
struct route_rule {
    std::uint64_t methods = 0;  // a bit for each listed method; 0: all
    std::uint32_t route = 0;    // index of the route
    std::uint32_t pattern = 0;  // index of the pattern as it is written
    route_access needs = route_access::required;
    bool shadow = false;
    bool preflight = false;
    bool is_plain = true;  // the pattern is in plain form itself

    bool has_method(std::uint64_t bit) const noexcept { return methods == 0 || (methods & bit) != 0; }
};

// All rules of one pattern: of different patterns where these are compared in plain form. Sorted by pattern;
// those that list methods come first.
struct rule_group {
    std::string rank;  // of the pattern
    std::vector<route_rule> rules;
};

class route_trie {
public:
    std::uint32_t add_root();
    void add(std::uint32_t root, const http::path_pattern& pattern, const route_rule& rule);
    void sort();

    // Calls `takes(group)` for each group whose pattern matches `path`, the most specific one first, until
    // it returns true. Passes each node below `root` at most once.
    template <class Takes>
    void visit(std::uint32_t root, std::string_view path, Takes&& takes) const {
        if (path.starts_with('/')) {
            visit_node(root, path.data(), path.data() + path.size(), slash_search{}, takes);
        } else if (nodes_[root].below != none) {
            takes(groups_[nodes_[root].below]);
        }
    }

    // The same, where it is known where the slashes are: http::reads_one_way says so. Precondition: the path
    // begins with '/'.
    template <class Takes>
    void visit(std::uint32_t root, std::string_view path, std::uint64_t slashes, Takes&& takes) const {
        visit_node(root, path.data(), path.data() + path.size(), marked_slashes{path.data(), slashes}, takes);
    }

    // Every group below the root, in no order.
    std::vector<const rule_group*> groups_of(std::uint32_t root) const;

private:
    static constexpr std::uint32_t none = 0xffff'ffff;
    struct node {
        std::uint32_t any = none;    // the child for "*"
        std::uint32_t exact = none;  // the group of the pattern that ends here
        std::uint32_t below = none;  // the group of the pattern that ends here with "/**"
        bool has_literals = false;   // literals_ has children of it
    };

    std::uint32_t add_node();
    std::uint32_t child_of(std::uint32_t of, const http::path_pattern::segment& segment);
    void collect(std::uint32_t at, std::vector<const rule_group*>& out) const;

    // Both find the next '/' from `p` on, or the end.
    struct slash_search {
        const char* operator()(const char* p, const char* end) const noexcept {
            const auto* const found = std::memchr(p, '/', static_cast<std::size_t>(end - p));
            return found == nullptr ? end : static_cast<const char*>(found);
        }
    };
    struct marked_slashes {
        const char* begin;
        std::uint64_t slashes;  // of the first 64 bytes, a bit each
        const char* operator()(const char* p, const char* end) const noexcept {
            const auto at = p - begin;
            const auto left = at < 64 ? slashes >> at : 0;
            if (left != 0) return p + std::countr_zero(left);
            return end - begin <= 64 ? end : slash_search{}(p, end);
        }
    };

    // `p` stands at the '/' before the next segment, or at the end. Goes down in a loop where there is one
    // way.
    template <class Slashes, class Takes>
    bool visit_node(std::uint32_t at, const char* p, const char* end, const Slashes& slashes,
                    Takes& takes) const {
        for (;;) {
            const node& here = nodes_[at];
            if (p == end) {
                if (here.exact != none && takes(groups_[here.exact])) return true;
            } else if (here.has_literals || here.any != none) {
                const char* const begin = p + 1;
                p = slashes(begin, end);
                const std::string_view segment(begin, static_cast<std::size_t>(p - begin));
                const auto literal = here.has_literals ? literals_.find(at, segment) : none;
                const auto any = segment.empty() ? none : here.any;
                if (literal != none && any != none && visit_node(literal, p, end, slashes, takes))
                    return true;
                const auto child = any != none ? any : literal;
                if (child != none && here.below == none) {
                    at = child;
                    continue;
                }
                if (child != none && visit_node(child, p, end, slashes, takes)) return true;
            }
            return here.below != none && takes(groups_[here.below]);
        }
    }

    static_assert(none == text_table::absent);
    std::vector<node> nodes_;
    std::vector<rule_group> groups_;
    text_table literals_;                               // by node and segment
    std::vector<std::vector<std::uint32_t>> children_;  // of each node, for groups_of
};

}  // namespace gate::auth
