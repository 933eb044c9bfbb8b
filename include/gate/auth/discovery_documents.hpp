#pragma once
// What agents are told about an API: how to sign up, how to send the token, and what each error means. Made
// of `discovery` alone, once for each configuration; nothing in it is derived from a request.

#include <gate/config/config.hpp>
#include <gate/http/error_texts.hpp>
#include <gate/http/reply.hpp>

#include <string_view>
#include <vector>

namespace gate::auth {

// Thread-safe after construction.
class discovery_documents {
public:
    explicit discovery_documents(const config::discovery_options& options);

    bool is_on() const noexcept { return is_on_; }

    // The document that GET or HEAD of this path asks for, or nullptr; whether it may be answered, the routes
    // say (access_policy). `path`: as received, without its query; another spelling of it has no document.
    // Lives as long as this object.
    //
    //   /.well-known/oauth-protected-resource   RFC 9728; also with the path of public_url behind it (3.1)
    //   /auth.md, /errors/<code>                also below the path of public_url
    const http::page* find(std::string_view method, std::string_view path) const noexcept;

    // For http::error_texts. Empty if it is off.
    const http::error_links& links() const noexcept { return links_; }

private:
    const http::page* find_below(std::string_view path) const noexcept;

    bool is_on_;
    std::string base_;           // the path of public_url: "" or "/v1"
    std::string metadata_path_;  // with that path behind it
    http::error_links links_;
    http::page metadata_;
    http::page auth_md_;
    std::vector<http::page> errors_;  // by reason, from the first one on
};

}  // namespace gate::auth
