#include "fleet_sender.hpp"

#include <gate/store/command.hpp>
#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {
namespace {

using auth::fleet_kind;

// "Our key is refused" is an alarm of now.
constexpr core::duration alarm_life{60'000};
// A block that never ends must be acknowledged one day.
constexpr core::duration longest_wait = std::chrono::hours(24 * 365);

}  // namespace

void fleet_sender::publish(auth::fleet_notice notice, done_callback then) {
    const auto now = core::clock::now();
    outbox::letter letter;
    switch (notice.kind) {
        case fleet_kind::purge: letter.young_until = now + memory_; break;
        case fleet_kind::block: letter.young_until = now + longest_wait; break;
        case fleet_kind::key_refused: letter.young_until = now + alarm_life; break;
        default: letter.young_until = notice.until; break;
    }
    letter.is_kept = notice.kind == fleet_kind::revocation || notice.kind == fleet_kind::purge;
    letter.notice = std::move(notice);
    letter.acknowledged = std::move(then);
    const auto number = letters_.add(std::move(letter));
    if (on_.commands.is_there()) {
        letters_.find(number)->due = now + outbox::again;
        send(number);
    } else {
        give_up_waiting(number);
    }
}

void fleet_sender::publish_again(const auth::fleet_message& verdict, std::string sealed) {
    outbox::letter letter;
    letter.verdict = std::move(sealed);
    letter.connection = on_.commands.number();
    const auto life = std::chrono::duration_cast<core::duration>(verdict.life);
    letter.young_until = core::clock::now() + std::max<core::duration>(life, outbox::again);
    const auto number = letters_.add(std::move(letter));
    letters_.find(number)->due = core::clock::now() + outbox::again;
}

void fleet_sender::send_due(core::time_point now) {
    if (!on_.commands.is_there()) return;
    for (const auto number : letters_.take_due(now, most_at_once)) send(number);
}

void fleet_sender::send(std::uint64_t number) {
    auto* const letter = letters_.find(number);
    if (letter == nullptr) return;
    if (!letter->notice) {
        auth::fleet_message verdict;
        const auto sealed = letter->verdict;
        return send_sealed(number, sealed, verdict);
    }
    if (letter->notice->kind == fleet_kind::purge && !letter->purged_at) return ask_time(number);
    send_notice(number);
}

// A purge voids what was asked until it was ordered, by the store's clock itself.
void fleet_sender::ask_time(std::uint64_t number) {
    const auto question = command({"TIME"});
    on_.send(question, operation::publish, on_.deadline(), [this, number](const command_outcome& outcome) {
        const auto at = clock_in(outcome.value);
        auto* const letter = letters_.find(number);
        if (outcome.failure != fault::none || !at || letter == nullptr) return give_up_waiting(number);
        on_.sample(at, outcome);
        letter->purged_at = *at;
        send_notice(number);
    });
}

void fleet_sender::send_notice(std::uint64_t number) {
    auto* const letter = letters_.find(number);
    const auto message = message_of(*letter);
    if (!message) return give_up_waiting(number);
    send_sealed(number, on_.keys.seal(write(*message), on_.names.log()), *message);
}

void fleet_sender::send_sealed(std::uint64_t number, const std::string& sealed,
                               const auth::fleet_message& message) {
    const bool is_revoked = message.kind == fleet_kind::revocation;
    const auto call = publish_call(on_.names, sealed, is_revoked ? message.token : std::nullopt, on_.bounds);
    on_.run(call, operation::publish, on_.deadline(),
            [this, number, message](const command_outcome& outcome) {
                if (outcome.failure != fault::none) return give_up_waiting(number);
                on_.sample(time_in(outcome.value), outcome);
                on_.counters.count_sent(message.kind);
                letters_.acknowledge(number);
                if (message.kind == fleet_kind::block) put_block_(message);
            });
}

// Whoever has published it hears that it is pending.
void fleet_sender::give_up_waiting(std::uint64_t number) {
    auto* const letter = letters_.find(number);
    if (letter == nullptr) return;
    if (const auto told = std::exchange(letter->acknowledged, {})) told(false);
}

// Nothing while the store's clock is not known.
std::optional<auth::fleet_message> fleet_sender::message_of(outbox::letter& letter) const {
    const auto& notice = *letter.notice;
    const auto at = on_.listener.to_store(notice.at);
    if (!at) return {};
    auth::fleet_message out;
    out.kind = notice.kind;
    out.at = *at;
    out.token = notice.token;
    out.fingerprint = notice.fingerprint;
    out.account = notice.account;
    out.keys = notice.keys;
    if (notice.kind == fleet_kind::purge) {
        out.at = *letter.purged_at;
        return out;
    }
    if (notice.kind == fleet_kind::key_refused) return out;
    auto until = auth::store_never;
    if (notice.until != core::never)
        until = std::min(until, on_.listener.to_store(notice.until).value_or(*at));
    out.until = until;
    if (notice.kind == fleet_kind::block) date_block(letter, out);
    return out;
}

// It follows the newest word on the account that is known when it is sent first.
void fleet_sender::date_block(outbox::letter& letter, auth::fleet_message& message) const {
    if (!letter.follows_by) {
        letter.follows_by = auth::store_span(0);
        for (const auto& known : on_.listener.blocks()) {
            const auto next = known.at + std::chrono::milliseconds(1);
            if (known.account == message.account && next > message.at)
                letter.follows_by = std::max(*letter.follows_by, next - message.at);
        }
    }
    message.at += *letter.follows_by;
    if (letter.notice->until <= letter.notice->at) message.until = message.at;
}

}  // namespace gate::store
