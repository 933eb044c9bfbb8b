#include "pool_model.hpp"

#include <algorithm>

namespace gate::test {

using state = net::slot_request::state;
using net::pool_core;

void pool_world::holder::take(bool now_counted) noexcept {
    holds = true;
    counted = now_counted;
    if (counted) ++of->counted;
}

void pool_world::holder::give_back() noexcept {
    if (counted) --of->counted;
    holds = counted = false;
}

bool pool_world::holder::has_its_share() const noexcept {
    was_sated = of->counted >= of->share;
    last_look = ++of->looks;
    return was_sated;
}

pool_world::client::client(unsigned worker, account* of)
    : slot(worker, of != nullptr ? &who : nullptr, false, core::time_point{}) {
    who.of = of;
}

pool_world::pool_world(const pool_scenario& how)
    : how_(how), accounts_(8, account{how.share, 0, 0}), workers_(how.workers) {
    for (unsigned i = 0; i < how.workers; ++i) core_.join();
    core_.configure(how.connections);
    for (const auto& each : how.requests)
        clients_.emplace_back(each.worker,
                              each.account < 0 ? nullptr : &accounts_[std::size_t(each.account)]);
}

std::vector<pool_world::event> pool_world::possible() const {
    std::vector<event> out;
    const auto add = [&](kind what, unsigned index, const worker& by) {
        out.push_back({what, index});
        if (by.seen != now()) out.push_back({what, index, true});
    };
    for (unsigned i = 0; i < clients_.size(); ++i) {
        const auto& by = workers_[clients_[i].slot.worker];
        switch (clients_[i].is) {
            case phase::before: add(kind::begin, i, by); break;
            case phase::active:
                add(kind::keep, i, by);
                out.push_back({kind::drop, i});
                break;
            case phase::resuming: out.push_back({kind::resume, i}); break;
            case phase::waiting: out.push_back({kind::expire, i}); break;
            case phase::over: break;
        }
    }
    for (unsigned i = 0; i < workers_.size(); ++i) {
        if (workers_[i].idle > 0) out.push_back({kind::lose_idle, i});
        if (workers_[i].is_told) out.push_back({kind::look, i});
    }
    if (how_.other_limit != 0 && !limit_has_changed_) out.push_back({kind::change_limit, 0});
    return out;
}

void pool_world::happen(const event& what) {
    const auto before = core_.in_use();
    const bool was_scarce = core_.is_scarce();
    served_over_share_.clear();
    judged_ = false;
    switch (what.what) {
        case kind::begin: begin(clients_[what.index], what.is_stale); break;
        case kind::keep: keep(clients_[what.index], what.is_stale); break;
        case kind::drop:
            clients_[what.index].is = phase::over;
            if (clients_[what.index].slot.holder != nullptr) clients_[what.index].who.give_back();
            core_.release();
            workers_[clients_[what.index].slot.worker].seen = now();
            break;
        case kind::lose_idle:
            --workers_[what.index].idle;
            core_.release();
            workers_[what.index].seen = now();
            break;
        case kind::look: look(what.index); break;
        case kind::resume:
            clients_[what.index].is =
                clients_[what.index].slot.now == state::granted ? phase::active : phase::over;
            break;
        case kind::expire: expire(clients_[what.index]); break;
        case kind::change_limit:
            limit_has_changed_ = true;
            how_.connections = how_.other_limit;
            core_.configure(how_.connections);
            break;
    }
    for (auto& each : workers_) each.owes_count = each.owes_count || (!was_scarce && core_.is_scarce());
    act();
    check(before);
}

// As connection_pool::lease_idle() and then lease_connection().
void pool_world::begin(client& one, bool is_stale) {
    auto& by = workers_[one.slot.worker];
    const auto known = is_stale ? by.seen : now();
    const bool is_counted = one.slot.holder != nullptr;
    const bool is_crowded = is_counted && core_.is_crowded(leased());
    const bool may = !known.scarce || !is_crowded || (!known.unknown && !one.who.has_its_share());
    if (!known.waits && by.idle > 0 && may) {
        require(is_stale || !is_crowded || !is_over_its_share(one), "an idle one goes to who has its share");
        --by.idle;
        if (is_counted) one.who.take(known.scarce);
        one.is = phase::active;
        return;
    }
    one.order = ++asked_;
    const bool is_over = is_over_its_share(one);
    core_.ask(one.slot, leased());
    by.seen = now();
    const auto became = one.slot.now;
    require(became != state::granted || !is_crowded || !is_over, "a slot goes to who has its share");
    require(became != state::share_exceeded || (is_crowded && is_over),
            "who has less than its share is refused");
    one.is = became == state::waiting   ? phase::waiting
             : became == state::granted ? phase::active
                                        : phase::over;
}

// As connection_pool::park().
void pool_world::keep(client& one, bool is_stale) {
    auto& by = workers_[one.slot.worker];
    const auto known = is_stale ? by.seen : now();
    one.is = phase::over;
    if (one.slot.holder != nullptr) one.who.give_back();
    ++by.idle;
    if (known.waits || known.exceeded) offer(by);
}

void pool_world::offer(worker& from) {
    const auto result = core_.offer();
    from.seen = now();
    if (result.step != pool_core::offer_result::kind::keep) --from.idle;
    if (result.to == nullptr) return;
    for (auto& each : clients_) {
        if (&each.slot == result.to) note_grant(each);
    }
}

void pool_world::look(unsigned number) {
    auto& by = workers_[number];
    by.is_told = by.owes_count = false;
    for (auto& each : clients_) {
        if (each.slot.worker == number && each.who.holds && !each.who.counted) each.who.take(true);
    }
    for (auto left = by.idle + 1; by.idle > 0 && by.idle < left;) {
        left = by.idle;
        offer(by);
    }
    core_.has_looked(number, leased());
    judged_ = true;
    by.seen = now();
}

void pool_world::expire(client& one) {
    const auto what = core_.expire(one.slot, one.slot.until);
    workers_[one.slot.worker].seen = now();
    if (what != pool_core::expiry::refused) return;
    require(idle() == 0, "who waits is refused although a connection is idle");
    one.is = phase::over;
}

void pool_world::note_grant(client& one) {
    one.is = phase::resuming;
    if (one.slot.now == state::granted && one.slot.holder != nullptr &&
        one.who.of->counted > one.who.of->share)
        served_over_share_.push_back(&one);
}

void pool_world::act() {
    using action = pool_core::action::kind;
    for (auto todo = core_.next_action(); todo.step != action::none; todo = core_.next_action()) {
        if (todo.step == action::ask_to_look) {
            workers_[todo.worker].is_told = true;
            continue;
        }
        for (auto& each : clients_) {
            if (&each.slot == todo.request) note_grant(each);
        }
    }
}

void pool_world::check(std::size_t in_use_before) {
    require(core_.in_use() == idle() + leased(), "a slot is lost, or a connection has none");
    require(core_.in_use() <= std::max(how_.connections, in_use_before), "there are too many connections");
    bool is_quiet = true;
    bool somebody_waits = false;
    for (const auto& each : workers_) is_quiet = is_quiet && !each.is_told;
    for (const auto& each : clients_) {
        somebody_waits = somebody_waits || each.is == phase::waiting;
        if (each.is != phase::waiting || judged_ || !core_.all_have_counted()) continue;
        require(served_over_share_.empty() || is_over_its_share(each), "who has its share overtakes others");
        for (const auto& other : clients_) {
            const bool is_served = other.is == phase::resuming && other.slot.now == state::granted;
            require(!is_served || each.slot.holder != nullptr || other.slot.holder != nullptr ||
                        other.order < each.order,
                    "out of turn");
        }
    }
    require(!somebody_waits || !is_quiet || (idle() == 0 && core_.in_use() >= how_.connections),
            "a wake-up is lost");
}

void pool_world::run_down() {
    for (;;) {
        const auto next = possible();
        const auto found = std::ranges::find_if(next, [&](const event& each) {
            return each.what == kind::look || each.what == kind::resume || each.what == kind::drop;
        });
        if (found == next.end()) break;
        happen(*found);
    }
    for (const auto& each : clients_) require(each.is != phase::waiting, "somebody waits for ever");
    require(leased() == 0 && core_.in_use() == idle(), "something is held for ever");
}

std::string pool_world::fingerprint() const {
    std::string out;
    const auto put = [&](std::size_t value) { out += static_cast<char>(value); };
    for (const auto& each : clients_) {
        put(static_cast<std::size_t>(each.is));
        put(static_cast<std::size_t>(each.slot.now));
        put(each.who.holds ? each.who.counted ? 2U : 1U : 0U);
        const auto is_before = [&](const client& other) {
            if (other.is != phase::waiting || other.who.was_sated != each.who.was_sated) return false;
            return each.who.was_sated ? other.who.last_look < each.who.last_look : other.order < each.order;
        };
        const bool waits = each.is == phase::waiting;
        put(waits ? 1U + static_cast<std::size_t>(std::ranges::count_if(clients_, is_before)) : 0U);
        put(waits && each.who.was_sated ? 1U : 0U);
    }
    const auto put_alerts = [&](const alerts& each) {
        put((each.waits ? 1U : 0U) | (each.scarce ? 2U : 0U) | (each.unknown ? 4U : 0U) |
            (each.exceeded ? 8U : 0U));
    };
    for (const auto& each : workers_) {
        put(each.idle);
        put((each.is_told ? 1U : 0U) | (each.owes_count ? 2U : 0U));
        put_alerts(each.seen);
    }
    put_alerts(now());
    put(limit_has_changed_ ? 1U : 0U);
    return out;
}

void pool_world::require(bool condition, const char* rule) const {
    if (!condition) throw violation(rule);
}

pool_world::alerts pool_world::now() const {
    return {core_.somebody_waits(), core_.is_scarce(), !core_.all_have_counted(), core_.is_exceeded()};
}

std::size_t pool_world::leased() const {
    return static_cast<std::size_t>(std::ranges::count_if(clients_, [](const client& each) {
        return each.is == phase::active || (each.is == phase::resuming && each.slot.now == state::granted);
    }));
}

std::size_t pool_world::idle() const {
    std::size_t out = 0;
    for (const auto& each : workers_) out += each.idle;
    return out;
}

std::size_t pool_world::held_by(const account& who) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        clients_, [&](const client& each) { return each.who.of == &who && each.who.holds; }));
}

bool pool_world::is_over_its_share(const client& one) const {
    return one.slot.holder != nullptr && held_by(*one.who.of) >= one.who.of->share;
}

}  // namespace gate::test
