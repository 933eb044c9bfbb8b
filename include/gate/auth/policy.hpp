#pragma once
// What a request needs to pass, and whether its token goes on with it: `routes`, `auth.public_paths`,
// `auth.mode` and the upstreams' forward_token, compiled at load. Protected by default (rule 8). Evaluated
// for every request, never cached (rule 11).

#include <gate/auth/discovery_documents.hpp>
#include <gate/auth/route_table.hpp>
#include <gate/config/config.hpp>
#include <gate/http/request_facts.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::auth {

// The routes and public paths of the configuration, in its order.
std::vector<route> routes_of(const config::config& options);
route_defaults defaults_of(const config::auth_options& options) noexcept;

// The memory that decisions use, kept between requests. Not thread-safe: one for each worker.
struct policy_scratch {
    route_scratch routes;
    std::vector<std::string_view> methods;
    std::vector<std::string_view> paths;
};

// Thread-safe after construction.
class access_policy {
public:
    // Precondition of all else: routes() has no errors.
    explicit access_policy(const config::config& options);
    // Every request needs a token, whatever it asks for.
    static access_policy token_for_all(const config::auth_options& options);
    // No request needs a token, whatever it asks for.
    static access_policy open_to_all();

    const route_table& routes() const noexcept { return routes_; }

    // The views in `asked` outlive the call.
    route_decision decide(const http::request_facts& asked, policy_scratch& scratch) const {
        route_decision out;
        decide(asked, scratch, out);
        return out;
    }
    // The same. `out` is new.
    void decide(const http::request_facts& asked, policy_scratch& scratch, route_decision& out) const {
        if (same_for_all_) {
            out = *same_for_all_;
        } else {
            decide_by_routes(asked, scratch, out);
        }
    }

    const discovery_documents& documents() const noexcept { return documents_; }

    // The document of ours that the request asks for; nullptr: none, or a route names its very path. Whether
    // the path is denied, decide() says.
    const http::page* document_for(const http::request_facts& asked) const {
        return documents_.is_on() ? find_document(asked) : nullptr;
    }

    // Lines for people: see route_table::explain.
    std::vector<std::string> explain(const http::request_facts& asked) const;

    // Whether a verified token stays in a request that takes this route; null: none.
    bool forwards_token(const route* chosen) const noexcept {
        return forwards_token_[chosen == nullptr ? 0 : chosen->upstream] != 0;
    }

private:
    access_policy(std::vector<route> routes, const route_defaults& defaults,
                  const config::discovery_options& discovery);
    void decide_by_routes(const http::request_facts& asked, policy_scratch& scratch,
                          route_decision& out) const;
    void look_closer(const http::request_facts& asked, policy_scratch& scratch, route_decision& out) const;
    const http::page* find_document(const http::request_facts& asked) const;

    static route_request request_of(const http::request_facts& asked, policy_scratch& scratch);

    route_table routes_;
    std::optional<route_decision> same_for_all_;  // where there are no routes and no public paths
    discovery_documents documents_;
    std::vector<char> forwards_token_;  // by upstream
};

}  // namespace gate::auth
