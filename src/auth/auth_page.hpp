#pragma once
// /auth.md: how an agent signs up, sends its token, and understands errors.

#include <gate/config/config.hpp>
#include <gate/http/error_texts.hpp>

#include <string>

namespace gate::auth {

// Markdown. Precondition: discovery is on.
std::string auth_page(const config::discovery_options& options, const http::error_links& links);

}  // namespace gate::auth
