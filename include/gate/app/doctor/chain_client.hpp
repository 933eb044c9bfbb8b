#pragma once
// Requests to the URL that clients use, each on a connection of its own.

#include <gate/app/doctor/talk.hpp>
#include <gate/config/config.hpp>

#include <string>
#include <string_view>

namespace gate::app::doctor {

class chain_client {
public:
    // `ca_file`: authorities to trust; empty: the system's.
    chain_client(config::url where, std::string ca_file)
        : url_(std::move(where)), ca_file_(std::move(ca_file)) {}

    const config::url& url() const noexcept { return url_; }
    // That of the echo, or another one: below the URL's own.
    void use_path(std::string path) { path_ = std::move(path); }
    std::string target_of(std::string_view what) const;  // "/prefix/path/what"

    // With TLS where the URL says so; see wire::problem() and shown().
    wire connect(core::time_point until) const;
    std::string request_for(std::string_view what, std::string_view lines) const;

    heard ask_once(std::string_view request) const;
    // The same of the replica that knows the nonce, if it can be found within 20 requests and 10 s; else what
    // the last of them was answered with.
    heard ask_echo(std::string_view request) const;
    // The first 401 of a sidecar that comes, of 20 requests and within 10 s: other replicas may pass the
    // request on, and the API may answer with a 401 of its own. Else what the last of them was answered with.
    heard ask_refusal(std::string_view request) const;
    // Of one that goes on, of the replica that knows the nonce: waits for `what` to come. True: it has come
    // within 5 s. False: see got.problem.
    bool listen(std::string_view request, std::string_view what, heard& got) const;

private:
    template <class Predicate>
    heard ask_until(std::string_view request, Predicate is_it) const;

    const config::url url_;
    const std::string ca_file_;
    std::string path_;
};

}  // namespace gate::app::doctor
