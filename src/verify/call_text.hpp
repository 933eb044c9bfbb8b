#pragma once
// The text of a verify call, and the meaning of its outcome. Pure.

#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>
#include <gate/core/result.hpp>
#include <gate/core/secret_string.hpp>

#include <boost/beast/http/message.hpp>

#include <string>
#include <string_view>

namespace gate::verify {

// Something that can stand in a header field without becoming another one.
bool is_usable_key(const core::secret_string& key);

// Makes requests that differ in secret key and token alone.
class call_text {
public:
    // Uses base_url, verify_path, token_field; `version` is that of this program.
    call_text(const config::gate_options& gate, const std::string& version);

    // Head and body. Precondition: is_usable_key(secret_key).
    core::secret_string request(std::string_view token, const core::secret_string& secret_key) const;

private:
    std::string before_key_;
    std::string behind_key_;
    std::string token_field_;
};

// `head` is that of the response as it stood before its body: no trailer is in it.
auth::verification read_answer(const boost::beast::http::response_header<>& head, std::string_view body);

// Why no answer was read.
auth::verification explain(const core::error_code& ec, bool in_time);
auth::verification unavailable(core::reason why, std::string detail);

}  // namespace gate::verify
