// One replica of a fleet whose store lies in every reply, its clock included. The store holds what the fleet
// has sealed, and delivers it in any order, late, more than once, changed, or never; it tells any time, and
// answers each question as it likes. Nevertheless: nothing is allowed but what Gate has allowed within
// TTL + 5 s, nor what a revocation forbids that has come here, and the tables keep their bounds.
//
// Gate, the other replicas and all wall clocks are honest. Each byte of the input chooses a step or a detail
// of one.

#include "check.hpp"
#include "fleet_ledger.hpp"

#include <gate/store/fleet_keys.hpp>
#include <gate/store/fleet_requests.hpp>
#include <gate/store/message_codec.hpp>

#include <array>
#include <cstdint>
#include <fleet_replicas.hpp>
#include <list>
#include <string>

using namespace fleet_tests;
using auth::fleet_kind;
using auth::fleet_message;
using fuzz::check;
using fuzz::fleet_ledger;
using std::chrono::microseconds;

namespace {

constexpr std::size_t longest = 128;  // bytes of an input that count
constexpr std::size_t most_waiting = 16;
constexpr std::size_t most_accepted = 4;
constexpr std::size_t most_refused = 4;
constexpr std::size_t most_crowd = 8;
constexpr auth::key_id foreign{9};

const store::fleet_keys& keys() {
    static const store::fleet_keys made(core::secret_string(std::string(32, 'k')), "https://gate.test",
                                        "/verify");
    return made;
}

const store::key_names& places() {
    static const store::key_names made(keys());
    return made;
}

struct known_token {
    std::string text;
    auth::token_key key;
    std::string account;
};

// The first ones are watched; the others only take room.
const known_token& token_at(std::size_t number) {
    static const auto all = [] {
        std::vector<known_token> out;
        auth::token_hasher hasher(replica::names());
        for (std::size_t i = 0; i < fleet_ledger::tokens + most_crowd; ++i) {
            auto text = "agt_" + std::to_string(i);
            const auto key = hasher.key_of(text);
            out.push_back({std::move(text), key, i % 2 == 0 ? "gacct_1" : "gacct_2"});
        }
        return out;
    }();
    return all[number];
}

// What the fuzzer chooses; zeros after its end.
class choices {
public:
    choices(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    bool are_over() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto out = rest_.front();
        rest_ = rest_.subspan(1);
        return out;
    }
    std::size_t below(std::size_t end) { return byte() % end; }
    bool yes() { return byte() % 2 == 1; }

    microseconds span() {
        static constexpr std::array<microseconds, 4> units{1s, 1ms, 20ms, 250ms};
        const int count = byte();
        return count * units[below(units.size())];
    }
    // How far a clock is off: mostly not at all; backwards or forwards; by more than it can count.
    microseconds lie() {
        static constexpr std::array<microseconds, 8> units{0s, 1s, 10ms, 100ms, 1min, 0s, 1h, 24h * 365};
        const int count = byte();
        return (count < 128 ? count : count - 256) * units[below(units.size())];
    }

private:
    std::span<const std::uint8_t> rest_;
};

// Gate, asked by this replica. The ledger learns what it allows, and when it was asked.
class watched_gate final : public held_verifier {
public:
    watched_gate(world& of, fleet_ledger& ledger) : of_(of), ledger_(ledger) { next = vouching(); }

    core::task<verification> verify(core::secret_string token, core::time_point deadline,
                                    auth::attempt number) override {
        const auto which = static_cast<std::size_t>(token.reveal().back() - '0');
        const auto asked = of_.now + of_.slept;
        if (hold && !held_since_) held_since_ = of_.now;
        auto out = co_await held_verifier::verify(std::move(token), deadline, number);
        out.account_id = out.verdict == verdict::allow ? token_at(which).account : "";
        if (out.verdict == verdict::allow) ledger_.add_own_yes(which, asked);
        co_return out;
    }

    void answer_with(verification made) {
        next = std::move(made);
        held_since_.reset();
        release();
    }
    // As the real one does after gate.timeout.
    void give_up_late_calls() {
        if (held_since_ && of_.now - *held_since_ >= config::gate_options{}.timeout) give_up();
    }
    void give_up() {
        auto later = next;
        answer_with(answer(verdict::unavailable, reason::gate_timeout, 0));
        next = std::move(later);
    }

private:
    world& of_;
    fleet_ledger& ledger_;
    std::optional<core::time_point> held_since_;
};

class trial {
public:
    explicit trial(choices from) : choose_(from) {}

    void run() {
        while (!choose_.are_over()) {
            (this->*steps[choose_.below(steps.size())])();
            settle();
            check_tables();
        }
        end_flights();
    }

private:
    struct waiting {
        std::size_t token;
        std::uint64_t withdrawals;
        std::optional<decision> made{};
    };

    // Steps.
    void let_time_pass() { on_.pass(choose_.span()); }
    void sleep() {
        const auto span = choose_.span();
        on_.slept += span;
        on_.log.now += span;
        ledger_.note_sleep();
        own_.member.look_at_clocks();
    }
    void tell_time() {
        const auto said = any_store_time();
        const auto sent = on_.time().since_boot();
        const auto took = microseconds(1ms) * static_cast<int>(choose_.byte());
        own_.member.sampled({said, sent - took, sent});
    }
    void let_gate_answer_another();
    void let_another_operator_act();
    void deliver();
    void deliver_changed();
    void deliver_crowd();
    void change_connection();
    void ask();
    void answer_calls();
    void act_here();
    void lose_store() { own_.store.is_away = choose_.yes(); }
    void renew();

    // The log.
    void seal(const fleet_message& message) {
        sealed_.push_back(keys().seal(store::write(message), places().log()));
    }
    const std::string* any_sealed() {
        const auto back = choose_.byte();
        return sealed_.empty() ? nullptr : &sealed_[sealed_.size() - 1 - back % sealed_.size()];
    }
    auth::store_time any_store_time();
    fleet_message any_verdict(std::size_t token);
    auth::fleet_turn any_turn();
    void note(const fleet_message& message);
    void note_purge(const fleet_message& message, core::time_point at);

    // What became of it.
    core::time_point real(core::time_point local) const { return local + on_.slept; }
    void settle();
    void judge(const waiting& request);
    void check_tables();
    void end_flights();

    static constexpr std::array steps{&trial::let_time_pass,
                                      &trial::deliver,
                                      &trial::let_gate_answer_another,
                                      &trial::tell_time,
                                      &trial::ask,
                                      &trial::answer_calls,
                                      &trial::act_here,
                                      &trial::sleep,
                                      &trial::let_another_operator_act,
                                      &trial::change_connection,
                                      &trial::deliver_changed,
                                      &trial::deliver_crowd,
                                      &trial::lose_store,
                                      &trial::renew};

    choices choose_;
    world on_;
    config::cache_options cache_{.max_entries = most_accepted, .max_negative_entries = most_refused};
    config::gate_options gate_options_;
    replica own_{on_, live, cache_};
    fleet_ledger ledger_{cache_.ttl};
    watched_gate gate_{on_, ledger_};
    auth::authenticator worker_{own_.shared, gate_, on_.context.get_executor(), cache_, gate_options_, {}};
    std::vector<std::string> sealed_;  // all that the store has of the fleet's messages
    std::size_t logged_ = 0;           // of on_.log, sealed already
    std::list<waiting> requests_;
};

auth::store_time trial::any_store_time() {
    const auto said = on_.log.now + choose_.lie();
    return std::clamp(said, auth::store_time{}, auth::store_never);
}

// Of another replica, which has been told any time by the store.
fleet_message trial::any_verdict(std::size_t token) {
    static constexpr std::array<microseconds, 4> lives{60s, 0s, 1s, 600s};
    fleet_message out;
    out.at = any_store_time();
    out.token = auth::id_of(token_at(token).key);
    out.verified_at = on_.time().wall_now();
    out.life = lives[choose_.below(lives.size())];
    out.account = token_at(token).account;
    out.keys = {live};
    return out;
}

void trial::let_gate_answer_another() {
    auto out = any_verdict(choose_.below(fleet_ledger::tokens));
    const auto how = choose_.below(8);
    if (how == 1 || how == 2) out.account.clear();
    if (how == 1) out.refused_for = reason::token_invalid;
    if (how == 2) {
        out.kind = fleet_kind::failure;
        out.refused_for = reason::gate_failing;
    }
    if (how == 3) out.keys = {foreign};
    if (how == 4) out.keys = {foreign, live};
    if (how == 5) {
        out.limit = 600;
        out.remaining = choose_.byte();
    }
    if (how == 6) {
        out.kind = fleet_kind::release;
        out.account.clear();
    }
    seal(out);
}

void trial::let_another_operator_act() {
    static constexpr std::array kinds{fleet_kind::revocation, fleet_kind::purge, fleet_kind::pause,
                                      fleet_kind::block, fleet_kind::key_refused};
    fleet_message out;
    out.kind = kinds[choose_.below(kinds.size())];
    out.at = any_store_time();
    const auto token = choose_.below(fleet_ledger::tokens);
    if (out.kind == fleet_kind::revocation) {
        out.token = auth::id_of(token_at(token).key);
        out.until = std::min(out.at + own_.member.memory(), auth::store_never);
    } else if (out.kind == fleet_kind::purge) {
        const auto extent = choose_.below(3);
        if (extent == 1) out.account = token_at(token).account;
        if (extent == 2) {
            const auto print = auth::fingerprint_of(token_at(token).key);
            out.fingerprint.assign(print.begin(), print.end());
        }
    } else {
        out.until = any_store_time();
        out.account = out.kind == fleet_kind::block ? token_at(token).account : "";
        out.keys = {live};
    }
    seal(out);
}

void trial::deliver() {
    const auto* const sealed = any_sealed();
    if (sealed == nullptr) return;
    const auto text = keys().unseal(*sealed, places().log());
    check(text.has_value(), "what the fleet has sealed unseals");
    // By a clock far off, what this replica says of itself may be none.
    const auto message = store::read_message(*text);
    if (!message) return own_.member.rejected(auth::fleet_defect::malformed);
    note(*message);
    own_.member.heard(*message);
}

void trial::deliver_changed() {
    const auto* const sealed = any_sealed();
    if (sealed == nullptr) return;
    auto text = *sealed;
    const auto place = choose_.below(text.size());
    const auto change = choose_.byte();
    text[place] = static_cast<char>(text[place] ^ change);
    const auto& where = change == 0 ? places().blocks() : places().log();
    check(!keys().unseal(text, where), "only the fleet makes a message, and for one place");
    own_.member.rejected(auth::fleet_defect::unsealed);
}

// More tokens than there is room for.
void trial::deliver_crowd() {
    const auto count = choose_.below(most_crowd + 1);
    const auto message = any_verdict(fleet_ledger::tokens);
    const bool is_no = choose_.yes();
    for (std::size_t i = 0; i < count; ++i) {
        auto each = message;
        each.token = auth::id_of(token_at(fleet_ledger::tokens + i).key);
        if (is_no) each.refused_for = reason::token_invalid;
        own_.member.heard(each);
    }
}

void trial::change_connection() {
    auto& member = own_.member;
    switch (choose_.below(4)) {
        case 0: return member.connected();
        case 1: return member.caught_up();
        case 2: return member.away();
        default: member.reached({choose_.byte(), 0});
    }
}

auth::fleet_turn trial::any_turn() {
    using kind = fleet_turn::kind;
    static constexpr std::array steps_of_turn{kind::go, kind::read, kind::wait, kind::later, kind::away};
    fleet_turn out;
    out.step = steps_of_turn[choose_.below(steps_of_turn.size())];
    out.at = any_store_time();
    if (out.step == kind::go) out.lock = ++on_.log.next_lock;
    if (out.step == kind::read) out.answer = {choose_.byte(), 0};
    if (out.step == kind::read || out.step == kind::wait) out.held = std::to_string(choose_.byte());
    if (out.step == kind::wait) {
        if (choose_.yes()) out.held_since = any_store_time();
        out.life = 2ms * choose_.byte();
    }
    if (out.step == kind::later) {
        out.for_waste = choose_.yes();
        out.pause = 10ms * choose_.byte();
    }
    return out;
}

void trial::ask() {
    if (requests_.size() >= most_waiting) return;
    own_.store.said_instead.clear();
    const auto token = choose_.below(fleet_ledger::tokens);
    for (auto count = 1 + choose_.below(3); count != 0; --count)
        own_.store.said_instead.push_back(any_turn());
    gate_.hold = choose_.yes();
    const auto& known = token_at(token);
    auto& request = requests_.emplace_back(waiting{token, worker_.withdrawals()});
    core::spawn(
        replica::keep(worker_.verify(known.text, known.key, std::nullopt, core::never), request.made));
}

void trial::answer_calls() {
    auto said = vouching();
    const auto how = choose_.below(4);
    if (how == 1) said = answer(verdict::deny, reason::token_invalid);
    if (how == 2) said = answer(verdict::unavailable, reason::gate_failing, 503);
    if (how == 3) {
        said = answer(verdict::unavailable, reason::gate_unreachable, 0);
        said.retryable = true;
    }
    gate_.answer_with(said);
}

// As the operations server does it: here first, and then everywhere.
void trial::act_here() {
    const auto token = choose_.below(fleet_ledger::tokens);
    const auto& known = token_at(token);
    const core::executor executor = on_.context.get_executor();
    const auto tell = [](core::task<bool> work) -> core::task<> { co_await std::move(work); };
    switch (choose_.below(3)) {
        case 0:
            ledger_.add_revocation(token, real(on_.now + own_.member.memory()));
            own_.shared.facts.revoke(known.key, on_.now);
            return core::spawn(tell(own_.member.publish_revocation(known.key, executor)));
        case 1: {
            using scope = auth::purge_scope::kind;
            for (std::size_t i = 0; i < fleet_ledger::tokens; ++i) {
                if (token_at(i).account == known.account) ledger_.add_purge(i, real(on_.now));
            }
            own_.shared.facts.purge({scope::account, known.account}, on_.now);
            own_.shared.flights.close_to_newcomers();
            return core::spawn(tell(own_.member.publish_purge(scope::account, known.account, executor)));
        }
        default:
            core::spawn(tell(own_.member.publish_block(known.account, on_.now + choose_.span(), executor)));
    }
}

void trial::renew() {
    const auto token = choose_.below(fleet_ledger::tokens);
    const auto& known = token_at(token);
    const auto made = worker_.renew(known.text, known.key, known.account, on_.now);
    if (made.verdict == verdict::allow)
        check(ledger_.may_confirm(token, real(on_.now)),
              "a stream goes on only by what Gate has said lately");
}

// Before it is heard: what it may allow or forbid here.
void trial::note(const fleet_message& message) {
    const auto& member = own_.member;
    if (!member.to_store(on_.now)) return;  // nothing counts without the store's time
    const auto at = std::min(member.to_local(message.at), on_.now);
    if (message.kind == fleet_kind::purge) return note_purge(message, real(at));
    if (!message.token) return;
    std::size_t token = 0;
    while (auth::id_of(token_at(token).key) != *message.token) ++token;
    if (message.kind == fleet_kind::revocation) {
        const auto until = std::max(member.to_local(message.until), at + member.memory());
        // One that ends by a second later than what is known is taken for the same.
        ledger_.add_revocation(token, real(std::min(until, on_.now + member.memory()) - 1s));
    }
    const bool is_ours = std::ranges::find(message.keys, live) != message.keys.end();
    if (message.kind != fleet_kind::verdict || message.refused_for != reason::none || !is_ours) return;
    const auto age = on_.time().wall_now() - message.verified_at;
    ledger_.add_heard_yes(token, real(on_.now) - age, message.life);
}

void trial::note_purge(const fleet_message& message, core::time_point at) {
    for (std::size_t i = 0; i < fleet_ledger::tokens; ++i) {
        const auto print = auth::fingerprint_of(token_at(i).key);
        const std::string_view name(print.data(), print.size());
        const bool is_meant = (message.account.empty() || message.account == token_at(i).account) &&
                              (message.fingerprint.empty() || message.fingerprint == name);
        if (is_meant) ledger_.add_purge(i, at);
    }
}

void trial::settle() {
    gate_.give_up_late_calls();
    on_.context.restart();
    on_.context.poll();
    for (; logged_ < on_.log.entries.size(); ++logged_) seal(on_.log.entries[logged_].message);
    for (const auto& each : requests_) judge(each);
    std::erase_if(requests_, [](const waiting& each) { return each.made.has_value(); });
}

// A request is confirmed before it is sent where something was withdrawn meanwhile.
void trial::judge(const waiting& request) {
    if (!request.made || request.made->verdict != verdict::allow) return;
    auto made = *request.made;
    const auto& key = token_at(request.token).key;
    if (request.withdrawals != worker_.withdrawals() && !worker_.confirm(key, on_.now, made)) return;
    if (made.verdict == verdict::allow)
        check(ledger_.may_confirm(request.token, real(on_.now)), "who waits is allowed only by Gate");
}

void trial::check_tables() {
    const auto now = real(on_.now);
    for (std::size_t i = 0; i < fleet_ledger::tokens; ++i) {
        const auto found = worker_.find(token_at(i).key, on_.now);
        if (found && found->verdict == verdict::allow)
            check(ledger_.may_allow(i, now), "Gate has said yes within TTL + 5 s, and nobody has revoked it");
        decision passed;
        passed.verdict = verdict::allow;
        if (worker_.confirm(token_at(i).key, on_.now, passed) && passed.verdict == verdict::allow)
            check(ledger_.may_confirm(i, now), "what was let pass is confirmed only by Gate");
    }
    const auto sizes = own_.shared.facts.sizes();
    check(sizes.accepted <= most_accepted, "accepted tokens are bounded");
    check(sizes.refused <= most_refused, "refused tokens are bounded");
    check(own_.member.blocks().size() <= auth::fleet_blocks::most_accounts, "blocks are bounded");
}

// With the store away and an honest Gate: no request waits for ever.
void trial::end_flights() {
    own_.store.is_away = true;
    own_.store.said_instead.clear();
    own_.shared.calls.close();
    gate_.hold = false;
    for (int i = 0; i < 10; ++i) {
        gate_.answer_with(vouching());
        own_.member.away();
        settle();
    }
    check(requests_.empty() && worker_.under_way() == 0, "every flight ends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trial(choices(data, std::min(size, longest))).run();
    return 0;
}
