#include "store_model.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_messages = 200'000;
constexpr core::duration life_of_a_beat{15'000};

}  // namespace

// Years after 1970, so that no subtraction leaves the numbers; and a run begins late in a second, where a sum
// by seconds is worst.
store_time store_model::now() const {
    const auto passed = std::chrono::duration_cast<store_span>(queue_.now().time_since_epoch());
    return store_time(std::chrono::hours(500'000)) + 900ms + passed + skew_;
}

std::uint64_t store_model::second() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count());
}

store_model::lock* store_model::lock_of(std::uint64_t token) {
    const auto found = locks_.find(token);
    if (found == locks_.end()) return nullptr;
    if (queue_.now() < found->second.ends) return &found->second;
    locks_.erase(found);
    return nullptr;
}

std::optional<begin_reply> store_model::begin(const begin_question& what) {
    if (refuses_writes_) return {};
    begin_reply out;
    out.time = now();
    if (const auto* held = lock_of(what.token); held != nullptr && held->value.serial != what.ignored) {
        const auto done = held->value.done;
        if (!done) {
            out.what = begin_reply::kind::wait;
            out.held = held->value;
            if (held->ends != core::never)
                out.life = std::chrono::duration_cast<core::duration>(held->ends - queue_.now());
            return out;
        }
        if (*done > what.position) {
            out.what = begin_reply::kind::read;
            out.done = *done;
            return out;
        }
    }
    if (const auto later = over_budget(what)) return later;
    out.held = {next_serial_++, true, what.owner, now(), {}};
    locks_[what.token] = {out.held, queue_.now() + lock_life};
    ++calls_[second()].calls;
    return out;
}

// A call counts at Gate for a window, and the first of these seconds has not ended when it began.
std::optional<begin_reply> store_model::over_budget(const begin_question& what) {
    const auto window = static_cast<std::uint64_t>(what.window / 1s) + 1;
    std::erase_if(calls_, [&](const auto& each) {
        return each.first + window <= second() || each.first > second() + 1;
    });
    counts sum;
    std::uint64_t first = second();
    for (const auto& [at, one] : calls_) {
        sum.calls += one.calls;
        sum.wasted += one.wasted;
        if (one.calls + one.wasted != 0) first = std::min(first, at);
    }
    const bool is_full = what.budget != 0 && sum.calls >= what.budget;
    const bool is_waste =
        what.wasted_budget != 0 && sum.wasted >= what.wasted_budget && !known_.contains(what.token);
    if (!is_full && !is_waste) return {};
    begin_reply out;
    out.what = begin_reply::kind::later;
    out.time = now();
    out.is_waste = !is_full;
    const auto ends = std::chrono::seconds(first + window);
    out.in = std::max<core::duration>(
        1ms, std::chrono::duration_cast<core::duration>(ends - now().time_since_epoch()));
    return out;
}

bool store_model::extend(std::uint64_t token, std::uint64_t serial) {
    auto* held = lock_of(token);
    if (held == nullptr || held->value.serial != serial) return false;
    held->ends = queue_.now() + lock_life;
    return true;
}

std::optional<log_position> store_model::finish(const finish_note& what) {
    if (refuses_writes_) return {};
    if (what.answer == finish_note::kind::yes) known_[what.token] = queue_.now();
    if (what.answer == finish_note::kind::no) known_.erase(what.token);
    if (what.is_waste) ++calls_[second()].wasted;
    log_position at{};
    if (what.message) at = *publish(what.message);
    if (const auto* held = lock_of(what.token); held == nullptr || held->value.serial == what.lock) {
        if (what.message) {
            locks_[what.token] = {{next_serial_++, true, 0, now(), at}, queue_.now() + done_life};
        } else {
            locks_.erase(what.token);
        }
    }
    return at;
}

std::optional<log_position> store_model::publish(std::shared_ptr<const auth::fleet_message> message) {
    if (refuses_writes_) return {};
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count());
    const log_position id =
        ms > last_.milliseconds ? log_position{ms, 0} : log_position{last_.milliseconds, last_.sequence + 1};
    last_ = id;
    if (message && message->kind == auth::fleet_kind::revocation && message->token) {
        // The known lane is for tokens that are accepted.
        std::uint64_t token = 0;
        for (const char each : message->token->view()) token = token * 10 + static_cast<unsigned>(each - '0');
        known_.erase(token);
    }
    log_.push_back({id, std::move(message)});
    trim();
    appended_.ring();
    return id;
}

void store_model::trim() {
    const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()) - life_;
    const auto oldest = static_cast<std::uint64_t>(span.count());
    while (!log_.empty() && (log_.front().id.milliseconds < oldest || log_.size() > most_messages))
        log_.pop_front();
}

std::vector<log_entry> store_model::after(log_position position, std::size_t most) const {
    auto from = std::upper_bound(log_.begin(), log_.end(), position,
                                 [](log_position at, const log_entry& each) { return at < each.id; });
    std::vector<log_entry> out;
    for (; from != log_.end() && out.size() < most; ++from) out.push_back(*from);
    return out;
}

bool store_model::beat(std::size_t replica) {
    auto& own = beats_[replica];
    const bool was_there = own != core::time_point{} && queue_.now() - own < life_of_a_beat;
    own = queue_.now();
    return was_there;
}

bool store_model::touch(std::size_t replica) {
    if (!refuses_writes_) beat(replica);
    return !refuses_writes_;
}

std::size_t store_model::replicas() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        beats_, [&](const auto& each) { return queue_.now() - each.second < life_of_a_beat; }));
}

void store_model::wipe() {
    locks_.clear();
    calls_.clear();
    known_.clear();
    log_.clear();
    beats_.clear();
    last_ = {};
}

void store_model::lose_last(core::duration span) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()) - span;
    const auto from = static_cast<std::uint64_t>(ms.count());
    while (!log_.empty() && log_.back().id.milliseconds >= from) log_.pop_back();
    last_ = log_.empty() ? log_position{} : log_.back().id;
    std::erase_if(locks_, [&](const auto& each) { return each.second.value.taken > now() - span; });
}

log_position store_model::add_far_entry() {
    const auto before = last_;
    last_ = {last_.milliseconds + 86'400'000, 0};
    log_.push_back({last_, nullptr});
    appended_.ring();
    return before;
}

void store_model::remove_far_entry(log_position before) {
    std::erase_if(log_, [&](const log_entry& each) {
        return each.id.milliseconds >= before.milliseconds + 86'400'000;
    });
    last_ = before;
}

void store_model::forge_lock(std::uint64_t token) {
    locks_[token] = {{next_serial_++, false, 0, {}, {}}, core::never};
}

void store_model::fill_calls(std::size_t calls, std::size_t wasted) {
    calls_[second()] = {calls, wasted};
}

}  // namespace gate::simulation
