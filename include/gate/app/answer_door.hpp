#pragma once
// The door of the answering listener: what a worker gives to answering exchanges, and the configuration by
// which they answer.

#include <gate/answer/resources.hpp>
#include <gate/answer/rules.hpp>
#include <gate/net/address.hpp>
#include <gate/protocol/door.hpp>
#include <gate/proxy/session_resources.hpp>

#include <memory>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class answer_door final : public protocol::door, private answer::request_log {
public:
    // `of_worker` outlives this object. Precondition: it has a snapshot.
    explicit answer_door(proxy::session_resources& of_worker);

    // Answers by the snapshot of now from now on. What has begun goes on by the one that it has begun with.
    void look_at_snapshot();

    const http::reading_rules& reading() const noexcept override { return rules_->reading; }
    bool trusts(const net::remote& peer) const override { return trusted_peers_.contains(peer); }
    bool limits_connections_of(const net::remote& peer) const override { return !trusts(peer); }
    // The Host of a question may be the one of the original request.
    protocol::certificate_rules rules_for_certificates(const protocol::entrance&) const noexcept override {
        const auto& tls = worker_.current->shared->options.answer.tls;
        return {.client_names = tls.client_names, .client_auth = tls.client_auth, .compares_host = false};
    }
    std::unique_ptr<protocol::carried_exchange> begin(protocol::inbound& asking, const protocol::peer& from,
                                                      core::time_point started,
                                                      core::time_point head_came) override;

private:
    bool is_on() const noexcept override { return worker_.logs_requests || worker_.log->focus().is_set(); }
    bool shows_refusals() const noexcept override { return worker_.refusals != nullptr; }
    bool append(const telemetry::access_record& line, core::time_point ended, bool is_wanted) override;
    void note_end(core::time_point ended) noexcept override;

    proxy::session_resources& worker_;
    answer::resources resources_;
    answer::rules_pointer rules_;
    net::network_set trusted_peers_;
};

}  // namespace gate::app
