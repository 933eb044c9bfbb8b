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
            visit_node(root, path.data(), path.data() + path.size(), takes);
        } else if (nodes_[root].below != none) {
            takes(groups_[nodes_[root].below]);
        }
    }

    // Where the nodes begin that say something: below one or more segments with which every pattern of a root
    // begins, as in "/v1/things" and "/v1/users/*". At most eight bytes of them.
    struct beginning {
        std::uint32_t root = 0;
        std::uint32_t at = 0;
        std::uint64_t text = 0;   // as it lies in memory, with a '/' at its end
        std::uint64_t mask = 0;   // of the bytes of `text`; 0: there is no such segment
        unsigned last_slash = 0;  // the size of `text`, less one
    };
    beginning beginning_of(std::uint32_t root) const;

    // What `rule_of(group)`, which may be null, says of the first group that it is not null for: as visit()
    // would, with fewer instructions, where it is known where the slashes are (http::reads_one_way).
    // Precondition: the path begins with '/', and is shorter than 64 bytes.
    template <class RuleOf>
    [[gnu::always_inline]] const route_rule* find_short(const beginning& known, std::string_view path,
                                                        std::uint64_t slashes, RuleOf rule_of) const {
        const auto end = std::uint64_t{1} << path.size();
        if (known.mask != 0 && path.size() >= sizeof known.text) {
            std::uint64_t first;
            std::memcpy(&first, path.data(), sizeof first);
            if ((first & known.mask) == known.text) {
                const auto ends = (slashes >> known.last_slash & ~std::uint64_t{1}) << known.last_slash | end;
                return descend(known.at, path.data(), known.last_slash, ends, rule_of);
            }
        }
        return descend_apart(known.root, path.data(), 0, (slashes & (slashes - 1)) | end, rule_of);
    }

    // Every group below the root, in no order.
    std::vector<const rule_group*> groups_of(std::uint32_t root) const;

private:
    static constexpr std::uint32_t none = 0xffff'ffff;
    struct alignas(32) node {
        std::uint32_t any = none;    // the child for "*"
        std::uint32_t exact = none;  // the group of the pattern that ends here
        std::uint32_t below = none;  // the group of the pattern that ends here with "/**"
        std::uint64_t marks = 0;     // of the literals below it
    };

    std::uint32_t add_node();
    std::uint32_t child_of(std::uint32_t of, const http::path_pattern::segment& segment);
    void collect(std::uint32_t at, std::vector<const rule_group*>& out) const;

    // A bit for a segment, by which most that are no literal of a node are known without a look-up. The byte
    // before it is a '/'.
    static std::uint64_t mark_of(std::string_view segment) noexcept {
        const auto size = segment.size();
        const auto last = static_cast<unsigned char>(segment.data()[static_cast<std::ptrdiff_t>(size) - 1]);
        return std::uint64_t{1} << ((size * 7 ^ last) & 63U);
    }
    // Inlined, because every segment of every path is looked up.
    [[gnu::always_inline]] std::uint32_t literal_of(std::uint32_t at, const node& here,
                                                    std::string_view segment) const noexcept {
        return (here.marks & mark_of(segment)) == 0 ? none : literals_.find_among_some(at, segment);
    }

    template <class RuleOf>
    [[gnu::always_inline]] const route_rule* rule_in(std::uint32_t group, RuleOf rule_of) const {
        return group == none ? nullptr : rule_of(groups_.data()[group]);
    }

    // `from`: of the '/' before the next segment. `ends`: where the segments end that are left, a bit each.
    template <class RuleOf>
    [[gnu::always_inline]] const route_rule* descend(std::uint32_t at, const char* path, unsigned from,
                                                     std::uint64_t ends, RuleOf rule_of) const {
        for (;;) {
            const node& here = nodes_.data()[at];
            if (ends == 0) {
                const auto* const found = rule_in(here.exact, rule_of);
                return found != nullptr ? found : rule_in(here.below, rule_of);
            }
            const char* const begin = path + from + 1;
            from = static_cast<unsigned>(std::countr_zero(ends));
            ends &= ends - 1;
            const std::string_view segment(begin, static_cast<std::size_t>(path + from - begin));
            const auto literal = literal_of(at, here, segment);
            const auto any = segment.empty() ? none : here.any;
            const auto child = literal != none ? literal : any;
            if (child == none) return rule_in(here.below, rule_of);
            const bool has_other_way = here.below != none || (literal != none && any != none);
            if (has_other_way) return descend_any_way({&here, literal, any}, path, from, ends, rule_of);
            at = child;
        }
    }
    struct ways {
        const node* from;
        std::uint32_t literal;
        std::uint32_t any;
    };
    template <class RuleOf>
    [[gnu::noinline]] const route_rule* descend_any_way(ways to, const char* path, unsigned from,
                                                        std::uint64_t ends, RuleOf rule_of) const {
        for (const auto child : {to.literal, to.any}) {
            if (child == none) continue;
            if (const auto* found = descend_apart(child, path, from, ends, rule_of); found != nullptr)
                return found;
        }
        return rule_in(to.from->below, rule_of);
    }
    template <class RuleOf>
    [[gnu::noinline]] const route_rule* descend_apart(std::uint32_t at, const char* path, unsigned from,
                                                      std::uint64_t ends, RuleOf rule_of) const {
        return descend(at, path, from, ends, rule_of);
    }

    // The next '/' from `p` on, or the end.
    static const char* next_slash(const char* p, const char* end) noexcept {
        const auto* const found = std::memchr(p, '/', static_cast<std::size_t>(end - p));
        return found == nullptr ? end : static_cast<const char*>(found);
    }

    // `p` stands at the '/' before the next segment, or at the end. Goes down in a loop where there is one
    // way.
    template <class Takes>
    bool visit_node(std::uint32_t at, const char* p, const char* end, Takes& takes) const {
        for (;;) {
            const node& here = nodes_[at];
            if (p == end) {
                if (here.exact != none && takes(groups_[here.exact])) return true;
            } else if (here.marks != 0 || here.any != none) {
                const char* const begin = p + 1;
                p = next_slash(begin, end);
                const std::string_view segment(begin, static_cast<std::size_t>(p - begin));
                const auto literal = literal_of(at, here, segment);
                const auto any = segment.empty() ? none : here.any;
                if (literal != none && any != none && visit_node(literal, p, end, takes)) return true;
                const auto child = any != none ? any : literal;
                if (child != none && here.below == none) {
                    at = child;
                    continue;
                }
                if (child != none && visit_node(child, p, end, takes)) return true;
            }
            return here.below != none && takes(groups_[here.below]);
        }
    }

    static_assert(none == text_table::absent);
    std::vector<node> nodes_;
    std::vector<rule_group> groups_;
    text_table literals_;                               // by node and segment
    std::vector<std::vector<std::uint32_t>> children_;  // of each node
    std::vector<std::string> texts_;                    // of each node's segment; empty: "*", or a root
};

}  // namespace gate::auth
