#include "replica.hpp"

#include <gate/auth/authenticator.hpp>

#include <charconv>
#include <cstring>

namespace gate::simulation {
namespace {

constexpr std::string_view prefix = "agt_";

class modelled_verifier : public auth::token_verifier {
public:
    modelled_verifier(const world& in, std::size_t number) : world_(in), number_(number) {}

    core::task<auth::verification> verify(core::secret_string token, core::time_point deadline,
                                          auth::attempt) override {
        const auto digits = token.reveal().substr(prefix.size());
        token_id id = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), id);
        return ask_gate(world_, number_, id, deadline);
    }

private:
    world world_;
    std::size_t number_;
};

config::cache_options cache_of(const scenario& cell) {
    config::cache_options out;
    out.grace = cell.grace;
    return out;
}

core::task<> sleep(event_queue& queue, core::time_point until) {
    co_await queue.until(until);
}

// Gate's model sends no expires_at: the wall clock may stand still.
auth::time_source time_of(event_queue& queue) {
    return {[&queue] { return queue.now(); }, [] { return core::wall_clock::time_point{}; },
            [&queue](core::executor, core::duration span) { return sleep(queue, queue.now() + span); }};
}

class sidecar : public replica {
public:
    sidecar(const world& in, std::size_t number, const scenario& cell)
        : world_(in),
          verifier_(in, number),
          shared_(cache_of(cell), {}, {}, {}, time_of(in.queue), mix(number)),
          authenticator_(shared_, verifier_, in.context.get_executor(), cache_of(cell), {}, {}) {}

    core::task<core::time_point> serve(token_id token, auth::client_id from) override {
        const auto key = key_of(token);
        const auto now = world_.queue.now();
        auth::decision known;
        if (!authenticator_.find(key, now, known)) return verify(token, key, from);
        if (known.refresh) authenticator_.refresh(text_of(token), key);
        return known.verdict == auth::verdict::allow ? now - known.age : core::never;
    }

private:
    core::task<core::time_point> verify(token_id token, auth::token_key key, auth::client_id from) {
        const auto began = world_.queue.now();
        const auto text = text_of(token);
        const auto made = co_await authenticator_.verify(text, key, from, core::never);
        const auto now = world_.queue.now();
        // The real waits of clients end by gate.timeout; here they find out when the answer comes.
        const bool in_time = now - began <= timeout_;
        if (made.verdict != auth::verdict::allow || !in_time) co_return core::never;
        if (made.cache == auth::cache_state::hit || made.cache == auth::cache_state::stale)
            co_return now - made.age;
        co_return made.fresh_until - config::cache_options{}.ttl;
    }

    static std::string text_of(token_id token) { return std::string(prefix) + std::to_string(token); }

    world world_;
    const core::duration timeout_ = config::gate_options{}.timeout;
    modelled_verifier verifier_;
    auth::shared_state shared_;
    auth::authenticator authenticator_;
};

}  // namespace

std::unique_ptr<replica> make_sidecar(const world& in, std::size_t number, const scenario& cell) {
    return std::make_unique<sidecar>(in, number, cell);
}

auth::token_key key_of(token_id token) {
    auth::token_key out;
    for (std::uint64_t i = 0; i < 4; ++i) {
        const auto part = mix(token * 4 + i);
        std::memcpy(out.digest.data() + i * sizeof part, &part, sizeof part);
    }
    return out;
}

core::task<auth::verification> ask_gate(world in, std::size_t replica, token_id token,
                                        core::time_point deadline) {
    const auto asked = in.queue.now();
    in.book.note_call(replica, token, asked);
    auto answer = co_await in.gate.ask(token, deadline);
    in.book.note_answer(replica, token, answer, asked, in.queue.now());
    co_return answer;
}

}  // namespace gate::simulation
