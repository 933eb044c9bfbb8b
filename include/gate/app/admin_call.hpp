#pragma once
// One request of a subcommand to the admin listener of the running process.

#include <gate/app/operator_client.hpp>
#include <gate/config/load.hpp>

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <string_view>

namespace gate::app {

struct admin_call {
    std::string_view method;
    std::string_view path;
    core::secret_string body{};
    // Where the process shows another certificate: it is told to reload, and asked again for 12 s.
    bool waits_for_certificate = false;
};

struct admin_result {
    std::optional<operator_answer> answer{};  // nothing: nobody took the call, and standard error says why
    std::string where{};                      // the address, for people
    int exit_code = 0;                        // where there is no answer
};

// `admin`: the address of the listener; empty: as the configuration says. The answer is one to this call:
// that the admin token is missing, or is refused, is none. exit_usage for an `admin` that is no address; else
// exit_failure.
admin_result call_admin(const config::loaded& loaded, const std::string& admin, const admin_call& call);

// The JSON object that the body of an answer is; an empty one where it is none.
rapidjson::Document object_in(const std::string& body);

}  // namespace gate::app
