#pragma once
// The head that a request goes to the upstream with.

#include <gate/auth/access.hpp>
#include <gate/config/config.hpp>
#include <gate/proxy/exchange_record.hpp>
#include <gate/proxy/requester.hpp>

#include <string>

namespace gate::proxy {

// Puts it into `out`, in place of what is there.
void build_upstream_head(const http::request_facts& asked, const auth::access& access, const requester& asker,
                         const exchange_record& record, const config::forwarded_options& options,
                         std::string& out);

}  // namespace gate::proxy
