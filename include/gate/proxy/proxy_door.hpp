#pragma once
// The door to the protected API.

#include <gate/protocol/door.hpp>
#include <gate/proxy/session_resources.hpp>

namespace gate::proxy {

// `listener`: which of all_listeners() the certificate came in by.
protocol::certificate_rules certificate_rules_of(const config::config& options,
                                                 std::size_t listener) noexcept;

class proxy_door final : public protocol::door {
public:
    // `resources` outlives this object.
    explicit proxy_door(session_resources& resources) noexcept : resources_(resources) {}

    const http::reading_rules& reading() const noexcept override {
        return resources_.current->shared->reading;
    }
    bool trusts(const net::remote& peer) const override;
    protocol::certificate_rules rules_for_certificates(const protocol::entrance& by) const noexcept override;
    std::unique_ptr<protocol::carried_exchange> begin(protocol::inbound& asking, const protocol::peer& from,
                                                      core::time_point started,
                                                      core::time_point head_came) override;

private:
    session_resources& resources_;
};

}  // namespace gate::proxy
