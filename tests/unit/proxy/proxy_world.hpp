#pragma once
// All that a session needs of its worker, without one: an event loop that the test runs, an upstream that the
// test plays, and no Gate.

#include <gate/proxy/session_resources.hpp>
#include <gate/telemetry/metrics.hpp>

#include <loop.hpp>
#include <memory>
#include <utility>

namespace gate::test {

class no_gate final : public auth::token_verifier {
public:
    core::task<auth::verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        co_return auth::verification{};
    }
};

class proxy_world {
public:
    // `upstream` outlives this object.
    proxy_world(config::config options, protocol::outbound_source& upstream)
        : upstream_(upstream), options_(std::move(options)) {}

    // Other options from now on.
    void configure(config::config options) {
        options_ = std::move(options);
        where.current = snapshot_of_now();
    }
    const config::config& options() const noexcept { return options_; }

    // From now on Gate has accepted the token.
    void accept(std::string_view token, std::string_view account = "gacct_1") {
        const auto now = core::clock::now();
        const auth::vouched fact{account, now, now + options_.cache.ttl};
        tokens.facts.learn(hasher_.key_of(token), fact, now);
    }
    void revoke(std::string_view token) { tokens.facts.revoke(hasher_.key_of(token), core::clock::now()); }

private:
    proxy::local_snapshot_pointer snapshot_of_now() {
        std::shared_ptr<protocol::outbound_source> places(&upstream_, [](protocol::outbound_source*) {});
        std::shared_ptr<proxy::upstream_sharing> sharing(&sharing_, [](proxy::upstream_sharing*) {});
        std::vector<proxy::upstream_place> ways(1 + options_.upstreams.size(), {places, sharing});
        return new proxy::local_snapshot(std::make_shared<proxy::snapshot>(options_, ++generation_), ways);
    }

    protocol::outbound_source& upstream_;
    config::config options_;
    std::uint64_t generation_ = 0;

public:
    loop on;
    auth::shared_state tokens{options_.cache, options_.gate, options_.limits};

private:
    no_gate verifier_;
    auth::authenticator authenticator_{tokens,         verifier_,     on.context.get_executor(),
                                       options_.cache, options_.gate, options_.auth};
    auth::token_hasher hasher_{auth::process_key(std::array<std::uint8_t, 32>{}), "https://gate.test", "key"};
    auth::account_records records_{16};
    proxy::upstream_sharing sharing_{records_, options_.limits};
    telemetry::metrics metrics_{1};
    net::deadline log_due_{on.wheel, [](void*) {}, nullptr};
    net::deadline trim_due_{on.wheel, [](void*) {}, nullptr};
    http::request_id_source ids_{1, 2};
    http::date_text date_;
    net::buffer_pool blocks_{16384, 2};
    protocol::exchange_memory_pool memories_{2};
    protocol::arrival_block arrival_;
    protocol::head_scratch scratch_;
    auth::policy_scratch policy_;
    proxy::idle_connections idle_;

public:
    proxy::session_resources where{.current = snapshot_of_now(),
                                   .executor = on.context.get_executor(),
                                   .wheel = on.wheel,
                                   .authenticator = authenticator_,
                                   .hasher = hasher_,
                                   .metrics = metrics_.worker(0),
                                   .log = nullptr,
                                   .log_due = log_due_,
                                   .trim_due = trim_due_,
                                   .ids = ids_,
                                   .date = date_,
                                   .blocks = blocks_,
                                   .memories = memories_,
                                   .arrival = arrival_,
                                   .scratch = scratch_,
                                   .policy = policy_,
                                   .idle = idle_};
};

}  // namespace gate::test
