#include <gate/store/fleet_requests.hpp>
#include <gate/store/log_replies.hpp>

#include <algorithm>
#include <charconv>

namespace gate::store {
namespace {

constexpr std::string_view done = "done ";
constexpr std::size_t time_bytes = 8;
constexpr std::size_t replica_bytes = 16;
constexpr std::int64_t longest_pause = 3'600'000;

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || ec != std::errc() || end != text.data() + text.size() || out < 0) return {};
    return out;
}

std::optional<auth::store_time> to_time(std::optional<std::int64_t> microseconds) {
    if (!microseconds || *microseconds > auth::store_never.time_since_epoch().count()) return {};
    return auth::store_time(auth::store_span(*microseconds));
}

std::optional<std::int64_t> number_at(const reply& list, std::size_t index) {
    if (index >= list.items.size() || !list.items[index].is_number()) return {};
    return list.items[index].number;
}

std::string_view answer_word(auth::fleet_result::kind what) {
    switch (what) {
        case auth::fleet_result::kind::accepted: return "yes";
        case auth::fleet_result::kind::refused: return "no";
        case auth::fleet_result::kind::failed: break;
    }
    return "failed";
}

// Another replica's lock. One that is too large to be read is as good as one that does not unseal; begin
// does not even answer with it.
auth::fleet_turn wait_in(const reply& answer, const fleet_keys& keys, const std::string& lock_key) {
    auth::fleet_turn out;
    out.step = auth::fleet_turn::kind::wait;
    out.held = answer.text_at(2);
    if (const auto text = keys.unseal(out.held, lock_key)) out.held_since = since_in(*text);
    if (const auto life = number_at(answer, 3); life && *life >= 0)
        out.life = std::chrono::milliseconds(*life);
    return out;
}

}  // namespace

key_names::key_names(const fleet_keys& keys)
    : lock_(keys.key(":l:")),
      log_(keys.key(":ev")),
      calls_(keys.key(":c")),
      known_(keys.key(":k")),
      blocks_(keys.key(":b")),
      replicas_(keys.key(":n")) {}

std::string key_names::lock(const auth::token_id& token) const {
    return lock_ + std::string(token.view());
}

std::string lock_text(std::string_view replica, auth::store_time since) {
    std::string out(replica.substr(0, replica_bytes));
    out.resize(replica_bytes, '\0');
    const auto count = static_cast<std::uint64_t>(since.time_since_epoch().count());
    for (std::size_t i = time_bytes; i-- > 0;) out.push_back(static_cast<char>(count >> 8 * i & 0xff));
    return out;
}

std::optional<auth::store_time> since_in(std::string_view lock_text) {
    if (lock_text.size() != replica_bytes + time_bytes) return {};
    std::uint64_t count = 0;
    for (const char each : lock_text.substr(replica_bytes))
        count = count << 8U | static_cast<std::uint8_t>(each);
    if (count > static_cast<std::uint64_t>(auth::store_never.time_since_epoch().count())) return {};
    return auth::store_time(auth::store_span(static_cast<std::int64_t>(count)));
}

script_call begin_call(const key_names& names, const auth::fleet_question& question, std::string owner) {
    return {&begin_script(),
            {names.lock(question.token), names.calls(), names.known()},
            {std::move(owner), std::string(question.token.view()), to_text(question.seen), question.ignored,
             std::to_string(question.budget), std::to_string(question.budget_for_waste),
             std::to_string(question.window.count()), std::to_string(lock_life.count())}};
}

std::optional<auth::fleet_turn> turn_in(const reply& answer, const fleet_keys& keys,
                                        const std::string& lock_key) {
    using kind = auth::fleet_turn::kind;
    const auto step = answer.text_at(0);
    const auto at = to_time(number_in(answer.text_at(1)));
    if (!at) return {};
    auth::fleet_turn out;
    if (step == "go") {
        out.step = kind::go;
    } else if (step == "read") {
        const auto where = position_in(answer.text_at(2));
        if (!where) return {};
        out.step = kind::read;
        out.answer = *where;
        out.held = std::string(done) + std::string(answer.text_at(2));
    } else if (step == "wait") {
        out = wait_in(answer, keys, lock_key);
    } else if (step == "later") {
        const auto pause = number_at(answer, 2);
        if (!pause) return {};
        out.step = kind::later;
        out.pause = std::chrono::milliseconds(std::clamp<std::int64_t>(*pause, 1, longest_pause));
        out.for_waste = answer.text_at(3) == "waste";
    } else {
        return {};
    }
    out.at = *at;
    return out;
}

script_call extend_call(std::string lock_key, std::string owner) {
    return {&extend_script(), {std::move(lock_key)}, {std::move(owner), std::to_string(lock_life.count())}};
}

script_call finish_call(const key_names& names, const auth::token_id& token, std::string owner,
                        const auth::fleet_result& result, std::chrono::seconds window, std::string message,
                        const log_bounds& bounds) {
    return {&finish_script(),
            {names.lock(token), names.calls(), names.known(), names.log()},
            {std::move(owner), std::string(token.view()), std::string(answer_word(result.outcome)),
             result.is_waste ? "1" : "0", std::to_string(window.count()), std::move(message),
             std::to_string(bounds.life.count()), std::to_string(bounds.messages),
             std::to_string(done_life.count())}};
}

script_call release_call(const key_names& names, const auth::token_id& token, std::string owner,
                         std::string message, const log_bounds& bounds) {
    return {&release_script(),
            {names.lock(token), names.log()},
            {std::move(owner), std::move(message), std::to_string(bounds.life.count()),
             std::to_string(bounds.messages)}};
}

script_call publish_call(const key_names& names, std::string message,
                         const std::optional<auth::token_id>& forget, const log_bounds& bounds) {
    script_call out{
        &publish_script(),
        {names.log()},
        {std::move(message), std::to_string(bounds.life.count()), std::to_string(bounds.messages)}};
    if (forget) {
        out.keys.push_back(names.known());
        out.arguments.emplace_back(forget->view());
    }
    return out;
}

script_call beat_call(const key_names& names, std::string_view replica, const log_bounds& bounds) {
    return {&beat_script(),
            {names.replicas(), names.log()},
            {std::string(replica), std::to_string(bounds.beat.count()), std::to_string(bounds.life.count())}};
}

std::optional<beat> beat_in(const reply& answer) {
    const auto at = to_time(number_in(answer.text_at(0)));
    const auto known = number_at(answer, 1);
    const auto count = number_at(answer, 2);
    if (!at || !known || !count) return {};
    return beat{*at, *known == 1, static_cast<unsigned>(std::clamp<std::int64_t>(*count, 1, 100))};
}

healed healed_in(const reply& answer) {
    constexpr std::int64_t most = 8;             // keys that a script has
    constexpr std::int64_t most_counts = 1'000;  // are told of in one answer
    if (!answer.is_list() || answer.items.empty()) return {};
    const auto& last = answer.items.back();
    const auto types = number_at(last, 0);
    const auto sizes = number_at(last, 1);
    const auto counts = number_at(last, 2);
    if (!types || !sizes || !counts) return {};
    return {static_cast<unsigned>(std::clamp<std::int64_t>(*types, 0, most)),
            static_cast<unsigned>(std::clamp<std::int64_t>(*sizes, 0, most)),
            static_cast<unsigned>(std::clamp<std::int64_t>(*counts, 0, most_counts))};
}

std::optional<auth::store_time> time_in(const reply& answer) {
    return to_time(number_in(answer.text_at(0)));
}

std::optional<auth::store_time> clock_in(const reply& answer) {
    constexpr std::int64_t second = 1'000'000;
    const auto seconds = number_in(answer.text_at(0));
    const auto rest = number_in(answer.text_at(1));
    if (!seconds || !rest || *rest >= second ||
        *seconds > auth::store_never.time_since_epoch().count() / second)
        return {};
    return to_time(*seconds * second + *rest);
}

}  // namespace gate::store
