#pragma once
// Rules of one section `tls` that need more than one of its values, and what lies between two of them. Pure:
// what the files hold is judged by others (net/tls_files.hpp).

#include <gate/config/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

// What is wrong with the value of a key below `tls`.
struct tls_complaint {
    std::string_view key;  // "client_auth"
    std::string message;
};
std::vector<tls_complaint> check_listener_tls(const listener_tls_options& of);
std::vector<tls_complaint> check_operating_tls(const operating_tls_options& of);

// A listener that has opened with TLS keeps it, and one without stays without: a section that says otherwise
// is replaced by the one in force. True: it was.
bool keep_whether_tls_is_on(const listener_tls_options& in_force, listener_tls_options& next);
bool keep_whether_tls_is_on(const operating_tls_options& in_force, operating_tls_options& next);

// Of all sections that are options; adds their paths to `kept`.
void keep_whether_tls_is_on(const config& in_force, config& next, std::vector<std::string_view>& kept);

// What `after` allows and `before` did not: "listener.tls.client_auth: required -> none".
void compare_tls(const std::string& section, const listener_tls_options& before,
                 const listener_tls_options& after, std::vector<std::string>& into);

}  // namespace gate::config
