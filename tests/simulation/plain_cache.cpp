#include "replica.hpp"

#include <unordered_map>

namespace gate::simulation {
namespace {

// A map with a TTL of 60 s for accepted tokens. Every other request is a call, and an error is a refusal.
class plain_cache : public replica {
public:
    plain_cache(const world& in, std::size_t number) : world_(in), number_(number) {}

    core::task<core::time_point> serve(token_id token, auth::client_id) override {
        const auto found = asked_.find(token);
        if (found != asked_.end() && world_.queue.now() < found->second + ttl) return found->second;
        return call(token);
    }

private:
    static constexpr core::duration ttl = config::cache_options{}.ttl;

    core::task<core::time_point> call(token_id token) {
        const auto asked = world_.queue.now();
        const auto answer = co_await ask_gate(world_, number_, token, asked + timeout_);
        if (answer.verdict != auth::verdict::allow) co_return core::never;
        asked_[token] = asked;
        co_return asked;
    }

    world world_;
    std::size_t number_;
    const core::duration timeout_ = config::gate_options{}.timeout;
    std::unordered_map<token_id, core::time_point> asked_;
};

}  // namespace

std::unique_ptr<replica> make_plain_cache(const world& in, std::size_t number) {
    return std::make_unique<plain_cache>(in, number);
}

}  // namespace gate::simulation
