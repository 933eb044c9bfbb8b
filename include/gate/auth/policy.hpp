#pragma once
// Which requests need a token. Protected by default; looser only where the configuration names the exact
// path, and only if no server could read that path differently (rule 8). Evaluated for every request, never
// cached (rule 11).

#include <gate/config/config.hpp>
#include <gate/http/target.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gate::auth {

enum class requirement : std::uint8_t {
    required,  // a valid agent token
    optional,  // a valid agent token, or none at all
    none,      // no token is needed
};

// Thread-safe after construction.
class route_policy {
public:
    explicit route_policy(const config::auth_options& options)
        : default_(options.mode == config::auth_mode::optional ? requirement::optional
                                                               : requirement::required),
          public_paths_(options.public_paths) {
        std::sort(public_paths_.begin(), public_paths_.end());
    }

    // `path` without its query, as received. `is_rerouted`: a field that asks the upstream for another path
    // or method goes on with the request (forwarded.pass, rule 7).
    requirement requirement_for(std::string_view path, bool is_rerouted = false) const {
        if (public_paths_.empty() || is_rerouted) return default_;
        const bool listed = std::binary_search(public_paths_.begin(), public_paths_.end(), path);
        return listed && !http::is_ambiguous(path) ? requirement::none : default_;
    }

private:
    requirement default_;
    std::vector<std::string> public_paths_;
};

}  // namespace gate::auth
