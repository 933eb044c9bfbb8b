#include "fleet_replica.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using auth::lane;
using namespace std::chrono_literals;

constexpr core::duration grace{0};
constexpr core::duration remembered_longer{10'000};
constexpr core::duration negative_ttl = config::cache_options{}.negative_ttl;
constexpr auto most_ahead = 1s;
constexpr auto most_wall_skew = 5s;
constexpr store_span slowest_sample = 250ms;
constexpr core::duration longest_start{1'000};
// Not within a coroutine: g++ 12 destroys such temporaries twice.
const core::duration gate_timeout = config::gate_options{}.timeout;

auth::governor_core::options options_of(const fleet_cell& cell) {
    auth::governor_core::options out;
    out.budget.limit = cell.limit;
    out.budget.window = cell.window;
    return out;
}

}  // namespace

fleet_replica::fleet_replica(fleet_world& in, std::size_t number, std::size_t life)
    : world_(in),
      number_(number),
      ttl_(number % 2 == 1 ? std::min(in.cell.ttl, in.cell.ttl_of_odd) : in.cell.ttl),
      line_(in.queue, in.store, in.cell, number, life + 11, in.began),
      log_(in.queue, line_, *this, number, in.ends),
      facts_(ttl_, negative_ttl, in.cell.ttl + grace + remembered_longer),
      governor_(options_of(in.cell), 1'024, mix(life)),
      changed_(in.queue),
      started_(in.queue.now()),
      next_jitter_(mix(number)) {}

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

// One key at a time, and the id of the one before it for as long as its verdicts may be in use.
std::vector<auth::key_id> fleet_replica::keys() const {
    std::vector<auth::key_id> out{{static_cast<std::uint8_t>(key_)}};
    const auto kept = world_.cell.ttl + grace + remembered_longer;
    if (key_changed_ != core::time_point{} && world_.queue.now() - key_changed_ < kept)
        out.push_back({static_cast<std::uint8_t>(key_ - 1)});
    return out;
}

void fleet_replica::change_secret_key() {
    ++key_;
    key_changed_ = world_.queue.now();
    governor_.key_changed(world_.queue.now());
}

// ---- what the store says -------------------------------------------------------------------------------

void fleet_replica::connected() {}

void fleet_replica::sampled(const auth::clock_sample& sample) {
    if (sample.received - sample.sent > slowest_sample) return;
    offset_ = sample.said.time_since_epoch() - sample.sent;
}

std::optional<store_time> fleet_replica::to_store(core::time_point when) const {
    if (!offset_) return {};
    return store_time(std::chrono::duration_cast<store_span>(when.time_since_epoch()) + *offset_);
}

core::time_point fleet_replica::to_own(store_time when) const {
    return core::time_point(when.time_since_epoch() - offset_.value_or(store_span{0}));
}

void fleet_replica::reached(const log_position& where) {
    position_ = where;
    changed_.ring();
}

void fleet_replica::rejected(auth::fleet_defect) {
    world_.book.note_rejected();
}

bool fleet_replica::heard(const auth::fleet_message& message) {
    const auto now = world_.queue.now();
    switch (message.kind) {
        case auth::fleet_kind::verdict: return hear_verdict(message);
        case auth::fleet_kind::failure:
            failed_[number_of(*message.token)] = now;
            calls_.push_back(now);
            break;
        case auth::fleet_kind::revocation: {
            const auto token = number_of(*message.token);
            facts_.revoke(token, to_own(message.until), now);
            world_.book.note_heard(token, number_, now);
            break;
        }
        case auth::fleet_kind::pause: {
            const auto left = std::chrono::ceil<std::chrono::seconds>(to_own(message.until) - now);
            if (left.count() > 0) governor_.rate_limited(std::min<std::chrono::seconds>(left, 1h), now);
            break;
        }
        default: break;
    }
    return true;
}

bool fleet_replica::hear_verdict(const auth::fleet_message& message) {
    const auto now = world_.queue.now();
    const auto held = keys();
    const bool is_ours = std::ranges::any_of(
        message.keys, [&](const auth::key_id& each) { return std::ranges::count(held, each) != 0; });
    const auto& design = world_.cell.design;
    const bool accepted = message.refused_for == core::reason::none;
    const auto wall_ahead = message.verified_at - wall_now();
    auto asked = to_own(message.at);
    const bool is_early = asked > now + most_ahead || wall_ahead > most_wall_skew;
    if (!is_ours || (is_early && (accepted || !design.keeps_early_refusals))) {
        rejected(is_ours ? auth::fleet_defect::future : auth::fleet_defect::foreign);
        return false;
    }
    const auto token = number_of(*message.token);
    const auto by_wall =
        now + std::chrono::duration_cast<core::time_point::duration>(wall_ahead + most_wall_skew);
    if (is_early) asked = now;
    if (accepted && design.wall_bounds_asked) asked = std::min(asked, by_wall);
    const auto life = std::chrono::duration_cast<core::duration>(message.life);
    facts_.learn(token, accepted, asked, life, by_wall + ttl_, now);
    calls_.push_back(asked);
    if (!accepted) wasted_.push_back(asked);
    if (message.remaining && asked > remaining_asked_) {
        remaining_ = message.remaining;
        remaining_asked_ = asked;
    }
    return true;
}

// ---- what clients and operators want -------------------------------------------------------------------

core::task<core::time_point> fleet_replica::serve(std::uint64_t token, auth::client_id from) {
    const auto now = world_.queue.now();
    const auto known = facts_.find(token, now);
    if (known.is_revoked) co_return core::never;
    const bool counts = is_caught_up_ || !world_.has_store || !known.last.accepted;
    if (!known.is_fresh || !counts) co_return co_await answer(token, from);
    if (!known.last.accepted) co_return core::never;
    // Renewal in the last tenth of its life, spread by token.
    const auto life = known.last.until - known.last.asked;
    const auto spread = life * static_cast<long>(mix(token) % 1'000) / 1'000;
    if (now >= known.last.asked + life * 9 / 10 + spread * 9 / 100 && !flights_.contains(token)) {
        auto own = std::make_shared<flight>(world_.queue);
        flights_.emplace(token, own);
        core::spawn(fly(token, lane::refresh, from, own));
    }
    co_return known.last.asked;
}

core::task<core::time_point> fleet_replica::answer(std::uint64_t token, auth::client_id from) {
    const auto now = world_.queue.now();
    const auto which = facts_.find(token, now).was_accepted ? lane::known : lane::unknown;
    auto own = flights_.contains(token) ? flights_.at(token) : nullptr;
    if (!own) {
        own = std::make_shared<flight>(world_.queue);
        flights_.emplace(token, own);
        core::spawn(fly(token, which, from, own));
    }
    if (!own->is_over) co_await own->landed.wait(now + gate_timeout);
    co_return own->is_over ? own->asked : core::never;
}

core::task<> fleet_replica::revoke(std::uint64_t token) {
    const auto now = world_.queue.now();
    auth::fleet_notice notice;
    notice.kind = auth::fleet_kind::revocation;
    notice.token = id_of(token);
    notice.at = now;
    notice.until = now + world_.cell.ttl + grace + remembered_longer;
    facts_.revoke(token, notice.until, now);
    world_.book.note_revoked(token, now);
    world_.book.note_heard(token, number_, now);
    if (!world_.has_store) co_return;
    co_await log_.publish(notice, world_.context.get_executor());
}

}  // namespace gate::simulation
