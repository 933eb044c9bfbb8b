#pragma once
// The client of another proxy, as that proxy tells of it.

#include <gate/auth/client_id.hpp>
#include <gate/http/head.hpp>

#include <optional>
#include <string_view>

namespace gate::answer {

struct forwarded_client {
    auth::client_id id;
    std::string_view address;  // as it stands in the field, without a port
};

// The last entry of X-Forwarded-For: the one that the peer has added. What stands before it is the client's
// word. Nothing: there is none, or it is no address; then no address can be held to account, for the peer's
// own stands for all of its clients. Precondition: the peer is trusted.
std::optional<forwarded_client> read_forwarded_client(const http::request_head& asking) noexcept;

}  // namespace gate::answer
