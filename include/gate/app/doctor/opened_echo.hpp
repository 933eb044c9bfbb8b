#pragma once
// The temporary echo of the running sidecar (app/echo_endpoints.hpp), for as long as it is looked at.

#include <gate/config/config.hpp>

#include <string>
#include <string_view>

namespace gate::app::doctor {

class opened_echo {
public:
    // Opens it. `options` outlives this object. `admin`: the address of the admin listener; empty: as the
    // configuration says.
    opened_echo(const config::config& options, const std::string& admin);
    // Closes it, and none that has taken its place. False: it was not open any more (its time was over,
    // another has taken its place, or the sidecar has ended), or that cannot be told. Precondition:
    // is_open().
    bool close();
    ~opened_echo();  // closes it if it is open
    opened_echo(const opened_echo&) = delete;
    opened_echo& operator=(const opened_echo&) = delete;

    bool is_open() const noexcept { return !path_.empty(); }
    const std::string& path() const noexcept { return path_; }
    const std::string& problem() const noexcept { return problem_; }  // why it is not open, for people

private:
    const config::config& options_;
    config::listen_address where_;
    std::string path_;
    std::string problem_;
};

// Whether a sidecar with these options answers a request for `path` of `authority` (for Host) without a token
// with 401: not with a 403, whatever the token. Pure.
bool refuses_strangers(const config::config& options, const std::string& authority, const std::string& path);

}  // namespace gate::app::doctor
