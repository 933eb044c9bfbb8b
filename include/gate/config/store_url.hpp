#pragma once
// The address of the store that a fleet shares, as users write it (`fleet.url`).

#include <gate/config/scalars.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

enum class store_kind : std::uint8_t {
    single,    // redis://host:6379/0, rediss://host, unix:/run/valkey.sock
    sentinel,  // redis+sentinel://host1,host2/name: those say where the one called `name` is
    cluster,   // redis+cluster://host1,host2: nodes to begin with
};

struct store_host {
    std::string host;  // lower case, without brackets
    std::uint16_t port = 0;
    bool operator==(const store_host&) const = default;
};

struct store_url {
    store_kind kind = store_kind::single;
    bool tls = false;
    std::vector<store_host> hosts{};  // empty for a Unix socket
    std::string socket{};             // its path; else empty
    std::string master{};             // the name that sentinels know; else empty
    unsigned database = 0;
    bool operator==(const store_url&) const = default;
};

// Credentials are refused: they have options of their own. At most 16 hosts, and 107 bytes of a path.
parsed<store_url> parse_store_url(std::string_view text);

// Whether connections to this store are made with TLS. False for "", and for what is no address.
bool is_tls_store(std::string_view url);

// Whether sentinels are asked where this store is. False for "", and for what is no address.
bool is_sentinel_store(std::string_view url);

// The form that parse_store_url reads.
std::string format_store_url(const store_url& url);

}  // namespace gate::config
