#pragma once
// One question of another proxy with our answer: no socket, and a Gate that the test plays.

#include <gate/answer/exchange.hpp>
#include <gate/telemetry/metrics.hpp>

#include <array>
#include <coroutine>
#include <loop.hpp>
#include <memory>
#include <scripted_inbound.hpp>
#include <string>
#include <utility>
#include <vector>

namespace gate::test {

// Does not answer before the test says so.
class scripted_gate final : public auth::token_verifier {
public:
    core::task<auth::verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        ++calls;
        if (!has_answer_) co_await waiting{*this};
        co_return answer_;
    }
    void answer(auth::verification with) {
        answer_ = std::move(with);
        has_answer_ = true;
        if (const auto who = std::exchange(waits_, nullptr)) who.resume();
    }
    void accept(std::string account = "gacct_1") {
        auth::verification yes;
        yes.verdict = core::verdict::allow;
        yes.reason = core::reason::token_verified;
        yes.status = 200;
        yes.account_id = std::move(account);
        answer(std::move(yes));
    }
    void fail(core::reason why) {
        auth::verification no;
        no.reason = why;
        answer(std::move(no));
    }
    bool is_asked() const noexcept { return waits_ != nullptr; }

    int calls = 0;

private:
    struct waiting {
        scripted_gate& gate;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> who) const noexcept { gate.waits_ = who; }
        void await_resume() const noexcept {}
    };

    auth::verification answer_;
    bool has_answer_ = false;
    std::coroutine_handle<> waits_;
};

// What is written of a question, copied.
struct answer_line {
    std::string method, path, client_address, account_id, route;
    core::reason decision = core::reason::none, failure = core::reason::none;
    unsigned status = 0;
    bool is_wanted = false;
};

class scripted_log final : public answer::request_log {
public:
    bool is_on() const noexcept override { return true; }
    bool shows_refusals() const noexcept override { return false; }
    bool append(const telemetry::access_record& line, core::time_point, bool is_wanted) override {
        lines.push_back({std::string(line.method), std::string(line.path), std::string(line.client_address),
                         std::string(line.account_id), std::string(line.route), line.decision, line.failure,
                         line.status, is_wanted});
        return true;
    }
    void note_end(core::time_point) noexcept override {}

    std::vector<answer_line> lines;
};

inline config::config asked_by_path() {
    config::config options;
    options.answer.original = config::original_source::path;
    return options;
}

class exchange_fixture {
public:
    explicit exchange_fixture(std::string request, config::config options = asked_by_path())
        : options_(std::move(options)), proxy(std::move(request), true) {}
    exchange_fixture(const exchange_fixture&) = delete;
    exchange_fixture& operator=(const exchange_fixture&) = delete;

    // Gate has accepted the token.
    void know(std::string_view token, std::string_view account = "gacct_1") {
        const auto now = core::clock::now();
        const auth::vouched fact{account, now, now + options_.cache.ttl};
        tokens_.facts.learn(hasher_.key_of(token), fact, now);
    }
    void revoke(std::string_view token) { tokens_.facts.revoke(hasher_.key_of(token), core::clock::now()); }
    void block(std::string_view account) { tokens_.blocked.block(account, core::never); }
    void be_a_stranger() { peer_.is_trusted_proxy = false; }

    // Runs the exchange up to its end, or its first wait.
    void start(core::reason head = core::reason::none) { core::spawn(run(*this, head)); }
    void run_until_end() {
        on_.run_until([this] { return has_ended; });
    }
    const answer_line& line() const { return log.lines.at(0); }

private:
    static core::task<> run(exchange_fixture& f, core::reason head) {
        co_await f.subject.run(head);
        f.has_ended = true;
    }

    config::config options_;
    loop on_;
    auth::shared_state tokens_{options_.cache, options_.gate, options_.limits};
    auth::token_hasher hasher_{auth::process_key(std::array<std::uint8_t, 32>{}), "https://gate.test", "key"};
    telemetry::metrics metrics_{1};
    http::request_id_source ids_{1, 2};
    http::date_text date_;
    auth::policy_scratch policy_;
    const auth::access_policy access_{options_};
    const std::vector<telemetry::name_index> labels_ =
        std::vector<telemetry::name_index>(options_.routes.size(), telemetry::unnamed);
    const std::string identity_begin_ = options_.auth.header_name + ": ";
    protocol::peer peer_{net::ip_address{}, "192.0.2.1", true};

public:
    scripted_inbound proxy;  // the other one, which asks
    scripted_gate gate;
    scripted_log log;
    bool has_ended = false;

private:
    auth::authenticator authenticator_{tokens_,        gate,          on_.context.get_executor(),
                                       options_.cache, options_.gate, options_.auth};
    answer::resources where_{authenticator_, hasher_, policy_, metrics_.worker(0), ids_, date_, log};

public:
    answer::exchange subject{where_,
                             std::make_shared<const answer::rules>(
                                 nullptr, answer::rule_parts{options_, access_, http::error_texts::plain(),
                                                             labels_, identity_begin_}),
                             proxy,
                             peer_,
                             core::clock::now(),
                             core::clock::now()};
};

}  // namespace gate::test
