#include "fleet_replica.hpp"

#include <gate/auth/freshness.hpp>

#include <algorithm>

namespace gate::simulation {
namespace {

using auth::lane;
using namespace std::chrono_literals;

constexpr core::duration longest_start{1'000};
// Not within a coroutine: g++ 12 destroys such temporaries twice.
const core::duration gate_timeout = config::gate_options{}.timeout;

config::budget_options budget_of(const fleet_cell& cell) {
    config::budget_options out;
    out.unknown = out.unknown * cell.limit / out.limit;
    out.limit = cell.limit;
    out.window = cell.window;
    return out;
}

auth::governor_core::options governor_of(const fleet_cell& cell) {
    auth::governor_core::options out;
    out.budget = budget_of(cell);
    return out;
}

auth::fleet_rules rules_of(const fleet_cell& cell, std::size_t number) {
    auth::fleet_rules out;
    out.ttl = number % 2 == 1 ? std::min(cell.ttl, cell.ttl_of_odd) : cell.ttl;
    out.negative_ttl = std::min(out.negative_ttl, out.ttl);
    return out;
}

auth::token_facts::options tables() {
    auth::token_facts::options out;
    out.accepted = out.refused = 100'000;
    out.shards = 1;
    return out;
}

}  // namespace

fleet_replica::fleet_replica(fleet_world& in, std::size_t number, std::size_t life)
    : world_(in),
      number_(number),
      line_(in.queue, in.store, in.cell, number, life + 11, in.began),
      log_(in.queue, line_, *this, number, in.ends),
      rules_(rules_of(in.cell, number)),
      budget_(budget_of(in.cell)),
      facts_(tables()),
      governor_(governor_of(in.cell), 1'024, mix(life)),
      changed_(in.queue),
      started_(in.queue.now()) {
    clock_.look(started_, std::chrono::duration_cast<store_span>(started_.time_since_epoch()));
    facts_.remember_revocations_for(rules_.memory());
    facts_.remember_fences_for(rules_.memory());
    rules_.keys = keys();
}

void fleet_replica::start() {
    if (world_.has_store) log_.start();
}

void fleet_replica::stop() {
    is_stopped_ = true;
    log_.stop();
}

bool fleet_replica::is_ready() const {
    return is_caught_up_ || !world_.has_store || world_.queue.now() - started_ >= longest_start;
}

core::wall_clock::time_point fleet_replica::wall_now() const {
    const auto skew = number_ % 2 == 1 ? world_.cell.wall_skew : core::duration{0};
    const auto passed =
        std::chrono::duration_cast<core::wall_clock::duration>(world_.queue.now().time_since_epoch() + skew);
    return core::wall_clock::time_point(std::chrono::hours(490'000)) + passed;
}

// The id of the key before is held for as long as its verdicts may be in use.
std::vector<auth::key_id> fleet_replica::keys() const {
    std::vector<auth::key_id> out{{static_cast<std::uint8_t>(key_)}};
    if (key_changed_ != core::time_point{} && world_.queue.now() - key_changed_ < rules_.memory())
        out.push_back({static_cast<std::uint8_t>(key_ - 1)});
    return out;
}

void fleet_replica::change_secret_key() {
    ++key_;
    key_changed_ = world_.queue.now();
    governor_.key_changed(world_.queue.now());
}

core::task<core::time_point> fleet_replica::serve(std::uint64_t token, auth::client_id from) {
    const auto known = facts_.find(key_of(token), world_.queue.now(), [](std::string_view) {});
    if (known.state == auth::cache_state::negative) co_return core::never;
    const bool counts = is_caught_up_ || !world_.has_store;
    if (known.state != auth::cache_state::hit || !counts) co_return co_await answer(token, from);
    if (known.refresh && !flights_.contains(token)) open(token, lane::refresh, from);
    co_return known.asked;
}

fleet_replica::shared_flight fleet_replica::open(std::uint64_t token, lane which, auth::client_id from) {
    auto own = std::make_shared<open_flight>(world_.queue);
    flights_.emplace(token, own);
    core::spawn(fly(token, which, from, own));
    return own;
}

core::task<core::time_point> fleet_replica::answer(std::uint64_t token, auth::client_id from) {
    const auto until = world_.queue.now() + gate_timeout;
    const auto found = flights_.find(token);
    const auto which = recall(token).was_accepted ? lane::known : lane::unknown;
    const auto own = found != flights_.end() ? found->second : open(token, which, from);
    if (!own->is_over) co_await own->landed.wait(until);
    co_return own->is_over ? own->asked : core::never;
}

core::task<> fleet_replica::revoke(std::uint64_t token) {
    const auto now = world_.queue.now();
    auth::fleet_notice notice;
    notice.kind = auth::fleet_kind::revocation;
    notice.token = id_of(token);
    notice.at = now;
    notice.until = now + rules_.memory();
    facts_.revoke(key_of(token), now, notice.until);
    world_.book.note_revoked(token, now);
    world_.book.note_heard(token, number_, now);
    if (!world_.has_store) co_return;
    co_await log_.publish(notice, world_.context.get_executor());
}

auth::recollection fleet_replica::recall(std::uint64_t token) const {
    return facts_.recall(key_of(token), world_.queue.now(), [](std::string_view) {});
}

core::time_point fleet_replica::last_word(std::uint64_t token) const {
    const auto known = recall(token);
    auto out = core::time_point::min();
    if (known.was_accepted) out = std::max(out, known.asked);
    if (known.last_refusal.reason != core::reason::none) out = std::max(out, known.last_refusal.asked);
    return out;
}

bool fleet_replica::knows(std::uint64_t token, core::time_point since) const {
    const auto now = world_.queue.now();
    const auto known = recall(token);
    if (known.is_revoked) return true;
    if (known.was_accepted && known.asked > since && now < known.fresh_until) return true;
    return known.last_refusal.reason != core::reason::none && known.last_refusal.asked > since &&
           now < known.last_refusal.until;
}

void fleet_replica::learn(std::uint64_t token, const auth::verification& answer, core::time_point asked) {
    const auto now = world_.queue.now();
    const auto key = key_of(token);
    if (answer.verdict == auth::verdict::deny)
        facts_.refuse(key, {answer.reason, asked, asked + rules_.negative_ttl}, now);
    if (answer.verdict != auth::verdict::allow) return;
    auth::vouched fact{answer.account_id, asked, asked + rules_.ttl};
    fact.refresh_at = world_.has_store ? auth::fleet_refresh_point(asked, fact.fresh_until, id_of(token))
                                       : auth::refresh_point(asked, fact.fresh_until, mix(token + number_));
    facts_.learn(key, fact, now);
}

}  // namespace gate::simulation
