#pragma once
// Which route a request takes, and what access it needs: `routes` and `auth.public_paths`, compiled at load
// to a tree for each host; what no route matches has auth.mode. Policy is evaluated for every request, never
// cached (rule 11); paths are matched as received and never rewritten (rule 8).
//
// The raw path chooses the route: the most specific host, then the most specific path, then listed methods.
// It alone decides the upstream, the time-outs and the name. The access is the strictest of what the raw path
// and all its readings (http/path_readings.hpp) get, with all methods that the upstream could see, so that no
// spelling of a path opens what its route protects.
//
// Where the document leaves a choice, the stricter one is taken:
// - "/**" also matches the target "*" of OPTIONS. Patterns that are ambiguous themselves are errors.
// - Tightening methods are variants of the request, and each is compared exactly: the method, the same in
//   upper case, GET for HEAD, and those of override fields with their own variants. So they cannot loosen a
//   reading.
// - A reading and a pattern are both put in plain form before they are compared. A reading that is not in
//   plain form is compared once more as it is: "%61" is no "a" to a server that decodes no further. A pattern
//   that does not count for a reading still counts where it is stricter.
// - A host that is absent, or that receivers could take for different ones (http::comparable_host), chooses
//   among the routes without a host, and is held against every host.
// - An override path that is ambiguous counts like an ambiguous path, and more than 8 of them like too many
//   readings. Without `routes` an override field takes away every public path.
// - More readings than path_readings keeps are refused; without `routes` they have auth.mode, and so they
//   have with `routes` that all ask for auth.mode.
// - A preflight passes without a token only if every route that counts for its readings allows it, and for an
//   ambiguous path only if auth.preflight does too.
// - What is in shadow: see shadow_choice in src/auth/route_choice.hpp.

#include <gate/auth/route.hpp>
#include <gate/http/path_readings.hpp>

#include <memory>
#include <span>

namespace gate::auth {

// What routes are chosen by. All views outlive the call.
struct route_request {
    std::string_view method;  // as received
    std::string_view path;    // as received, without its query
    std::string_view host;    // the effective one, as received; empty: none
    // Of the fields that move a request (http::rerouting_names) and reach the upstream: methods, and paths or
    // URLs with or without a query.
    std::span<const std::string_view> other_methods{};
    std::span<const std::string_view> other_paths{};
};

struct route_decision {
    // What upstream, time-outs, log and name are taken from; null: no route matches. Lives with the table.
    const route* chosen = nullptr;
    route_access needs = route_access::deny;  // what is enforced, unless in_shadow
    route_access tried = route_access::deny;  // what would be enforced if nothing was in shadow
    bool in_shadow = false;        // nothing is refused for the token or the route: `tried` is logged
    bool preflight = false;        // a CORS preflight passes without a token
    bool tried_preflight = false;  // it would, if nothing was in shadow
    bool is_ambiguous = false;     // the raw path or an override path is; not set where it cannot matter
    bool has_too_many_readings = false;  // -> bad_target, unless in_shadow
};

// The memory that decisions use, kept between requests. Not thread-safe: one for each worker.
struct route_scratch {
    http::path_readings readings;
    std::string plain;
    std::string path;
};

// What is wrong with routes: indexes into the list that the table was made of.
struct route_problem {
    static constexpr std::size_t no_other = static_cast<std::size_t>(-1);
    std::size_t first = 0;
    std::size_t second = no_other;
    std::string message;  // names both by route::where
};

// One line of print-config: a pattern in the place where it is looked for.
struct ordered_rule {
    std::string host;  // empty: every host
    std::string path;
    std::vector<std::string> methods;  // none: all
    std::size_t route = 0;
};

struct compiled_routes;

// Thread-safe after construction.
class route_table {
public:
    // Compiles `routes`, in any order; public paths are among them (public_path_route).
    route_table(std::vector<route> routes, const route_defaults& defaults);
    ~route_table();
    route_table(route_table&&) noexcept;
    route_table& operator=(route_table&&) noexcept;

    // What keeps the routes from being used: patterns that are wrong, ties, preflight without OPTIONS.
    const std::vector<route_problem>& errors() const noexcept;
    const std::vector<route_problem>& warnings() const noexcept;
    const std::vector<route>& routes() const noexcept;

    // Allocates nothing for a path that reads one way. Precondition: there are no errors.
    route_decision decide(const route_request& asked, route_scratch& scratch) const;
    // The same for the request that most are, with fewer instructions: with no other method or path than
    // these. False: decide() has to look closer, and `out`, which was new, is as it was.
    bool decide_simply(std::string_view method, std::string_view path, route_decision& out) const;

    // Whether a route that could be chosen for the request, at any of its host levels, has its very path as a
    // pattern, without a '*'. A GET also names HEAD. What denies a path does not name it.
    bool names(const route_request& asked) const;

    // The order in which rules are tried: exact hosts, longer before shorter wildcards, every host; each from
    // the most to the least specific path.
    std::vector<ordered_rule> compiled_order() const;

    // Lines for people: the route that has won, what its readings add, and why each other route has lost.
    std::vector<std::string> explain(const route_request& asked) const;

private:
    std::unique_ptr<const compiled_routes> compiled_;
};

}  // namespace gate::auth
