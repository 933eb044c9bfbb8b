#pragma once
// TLS to one upstream, as one worker makes it.

#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/tls_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gate::net {

struct upstream_tls {
    std::shared_ptr<const client_tls_material> material{};  // null: without TLS
    std::string server_name{};                              // that its certificate must have
    std::shared_ptr<client_tls> context{};  // made of it for this worker; null: it cannot be used
    // Of the configuration that this came with: the same on all workers.
    std::uint64_t generation = 0;

    bool is_on() const noexcept { return material != nullptr; }
    // Whether a connection of the one is as good as one of the other.
    bool is_same_as(const upstream_tls& other) const noexcept {
        return material == other.material && server_name == other.server_name;
    }
};

// Told of connections that could not be made secure.
class tls_failures {
public:
    // `what` is wrong, for people; without secrets, and valid during the call.
    virtual void note(core::reason why, std::string_view what) noexcept = 0;

protected:
    ~tls_failures() = default;
};

// Makes a connection one of TLS. Errors: upstream_tls_untrusted, upstream_tls_name, upstream_tls_failed, and
// upstream_connect_timeout once `until` has passed. `told`, if any, hears of all but the last one.
core::task<core::result<void>> secure(stream& on, upstream_tls with, core::time_point until,
                                      tls_failures* told);

}  // namespace gate::net
