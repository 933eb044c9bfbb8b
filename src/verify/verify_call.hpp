#pragma once
// One call to Gate: what it says, and the meaning of its outcome.

#include <gate/auth/token_verifier.hpp>
#include <gate/client/http_client.hpp>
#include <gate/config/config.hpp>
#include <gate/core/secret_string.hpp>

#include <string>
#include <string_view>

namespace gate::verify {

// Something that can stand in a header field without becoming another one.
bool is_usable_key(const core::secret_string& key);

// Makes calls that differ in secret key and token alone.
class call_form {
public:
    // Uses base_url, verify_path, token_field; `version` is that of this program.
    call_form(const config::gate_options& gate, const std::string& version);

    // Precondition: is_usable_key(secret_key).
    core::task<client::outcome> call(client::http_client& gate, std::string_view token,
                                     const core::secret_string& secret_key, core::time_point deadline,
                                     client::connection_choice which) const;

private:
    std::string target_;
    std::string program_;
    std::string token_field_;
};

auth::verification read_outcome(const client::outcome& came);
auth::verification unavailable(core::reason why, std::string detail);

// What Gate has told another call since this one was let go.
auth::verification held_back(unsigned calls);

}  // namespace gate::verify
