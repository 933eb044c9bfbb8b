#include <gate/auth/token_key.hpp>
#include <gate/core/account_id.hpp>
#include <gate/core/text.hpp>
#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <concepts>
#include <limits>

namespace gate::store {
namespace {

using auth::fleet_kind;
using auth::fleet_message;

// Never changed, never used again.
enum class field : std::uint8_t {
    kind = 1,
    at = 2,
    token = 3,
    account = 4,
    refused_for = 5,
    life = 6,
    verified_at = 7,
    limit = 8,
    remaining = 9,
    request_id = 10,
    keys = 11,
    until = 12,
    fingerprint = 13,
};
constexpr std::size_t fields_known = 14;
constexpr std::size_t head = 3;  // bytes before each value: the number, and the length

void put(std::string& out, field which, std::string_view value) {
    out.push_back(static_cast<char>(which));
    out.push_back(static_cast<char>(value.size() >> 8U & 0xff));
    out.push_back(static_cast<char>(value.size() & 0xff));
    out.append(value);
}

template <std::unsigned_integral T>
void put_number(std::string& out, field which, T value) {
    std::string bytes(sizeof value, '\0');
    for (auto each = bytes.rbegin(); each != bytes.rend(); ++each, value = static_cast<T>(value >> 7U >> 1U))
        *each = static_cast<char>(value & 0xff);
    put(out, which, bytes);
}

std::uint64_t microseconds(std::chrono::system_clock::time_point time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

// Refusals travel by number: a reason's name may be longer, its place in the table may move. What is not
// listed travels as token_invalid or gate_failing.
struct refusal {
    core::reason reason;
    std::uint8_t number;
};
using core::reason;
constexpr std::array refusals{refusal{reason::none, 0},
                              refusal{reason::token_invalid, 1},
                              refusal{reason::token_revoked, 2},
                              refusal{reason::token_rejected, 3},
                              refusal{reason::gate_failing, 4},
                              refusal{reason::gate_unreachable, 5},
                              refusal{reason::gate_timeout, 6},
                              refusal{reason::gate_bad_answer, 7},
                              refusal{reason::gate_rate_limited, 8}};

// Of a verdict: Gate's word. Of a failure: why there was none.
constexpr bool may_be_of(fleet_kind kind, std::uint8_t number) {
    return (kind == fleet_kind::failure) == (number >= 4);
}

std::uint8_t number_of(const fleet_message& message) {
    const auto* const found = std::ranges::find(refusals, message.refused_for, &refusal::reason);
    if (found != refusals.end() && may_be_of(message.kind, found->number)) return found->number;
    return message.kind == fleet_kind::failure ? 4 : 1;
}

class reader {
public:
    explicit reader(std::string_view text) : text_(text) {}

    // Whether every field is whole and occurs once.
    bool split() {
        while (!text_.empty()) {
            if (text_.size() < head) return false;
            const auto number = static_cast<std::uint8_t>(text_[0]);
            const auto size = static_cast<std::size_t>(static_cast<std::uint8_t>(text_[1])) << 8U |
                              static_cast<std::uint8_t>(text_[2]);
            if (text_.size() - head < size) return false;
            if (number < fields_known) {
                if (values_[number]) return false;
                values_[number] = text_.substr(head, size);
            }
            text_.remove_prefix(head + size);
        }
        return true;
    }

    std::optional<std::string_view> text(field which) const {
        return values_[static_cast<std::size_t>(which)];
    }

    // False if it is there, but no number of this size up to `most`.
    template <std::unsigned_integral T>
    bool number(field which, std::optional<T>& into, T most = std::numeric_limits<T>::max()) const {
        const auto value = text(which);
        if (!value) return true;
        if (value->size() != sizeof(T)) return false;
        T out = 0;
        for (const char each : *value)
            out = static_cast<T>(out << 7U << 1U | static_cast<std::uint8_t>(each));
        into = out;
        return out <= most;
    }

private:
    std::string_view text_;
    std::array<std::optional<std::string_view>, fields_known> values_{};
};

constexpr auto latest = static_cast<std::uint64_t>(auth::store_never.time_since_epoch().count());

bool read_time(const reader& from, field which, auth::store_time& into) {
    std::optional<std::uint64_t> count;
    if (!from.number(which, count, latest)) return false;
    if (count) into = auth::store_time(auth::store_span(*count));
    return true;
}

bool is_request_id(std::string_view text) {
    return text.size() <= 64 && std::ranges::all_of(text, core::is_visible);
}

bool read_names(const reader& from, fleet_message& into) {
    if (const auto token = from.text(field::token)) {
        if (!auth::is_token_id(*token)) return false;
        into.token.emplace();
        std::ranges::copy(*token, into.token->text.begin());
    }
    if (const auto account = from.text(field::account)) {
        if (!core::is_account_id(*account)) return false;
        into.account = *account;
    }
    if (const auto print = from.text(field::fingerprint)) {
        if (!auth::is_fingerprint(*print)) return false;
        into.fingerprint = *print;
    }
    if (const auto id = from.text(field::request_id)) {
        if (!is_request_id(*id)) return false;
        into.request_id = *id;
    }
    return true;
}

bool read_keys(const reader& from, fleet_message& into) {
    const auto all = from.text(field::keys);
    if (!all) return true;
    constexpr std::size_t size = sizeof(auth::key_id);
    if (all->size() % size != 0 || all->size() / size > most_keys) return false;
    for (std::size_t at = 0; at < all->size(); at += size) {
        auth::key_id one;
        std::copy_n(all->begin() + static_cast<std::ptrdiff_t>(at), size, one.begin());
        into.keys.push_back(one);
    }
    return true;
}

bool read_verdict(const reader& from, fleet_message& into) {
    std::optional<std::uint8_t> refused_for;
    std::optional<std::uint64_t> life;
    std::optional<std::uint64_t> verified_at;
    std::optional<std::uint32_t> limit;
    std::optional<std::uint32_t> remaining;
    if (!from.number(field::refused_for, refused_for) || !from.number(field::life, life, latest) ||
        !from.number(field::verified_at, verified_at, latest) || !from.number(field::limit, limit) ||
        !from.number(field::remaining, remaining))
        return false;
    if (into.kind != fleet_kind::verdict && into.kind != fleet_kind::failure) return true;
    if (!refused_for || !may_be_of(into.kind, *refused_for)) return false;
    const auto* const found = std::ranges::find(refusals, *refused_for, &refusal::number);
    if (found == refusals.end()) return false;
    into.refused_for = found->reason;
    if (into.kind == fleet_kind::failure) return true;
    if (!life || !verified_at) return false;
    into.life = auth::store_span(*life);
    into.verified_at = std::chrono::system_clock::time_point(std::chrono::microseconds(*verified_at));
    into.limit = limit;
    into.remaining = remaining;
    return true;
}

// What its kind needs is there.
bool is_whole(const fleet_message& message) {
    switch (message.kind) {
        case fleet_kind::verdict:
            return message.token && (message.refused_for != core::reason::none || !message.account.empty());
        case fleet_kind::revocation: return message.token && message.until > message.at;
        case fleet_kind::purge:
            return !message.token && (message.fingerprint.empty() || message.account.empty());
        case fleet_kind::pause: return message.until > message.at;
        case fleet_kind::block: return !message.account.empty();
        case fleet_kind::key_refused: return true;
        case fleet_kind::failure:
        case fleet_kind::release: return message.token.has_value();
    }
    return false;
}

}  // namespace

std::string write(const fleet_message& message) {
    std::string out;
    put_number(out, field::kind, static_cast<std::uint8_t>(message.kind));
    put_number(out, field::at, microseconds(message.at));
    if (message.token) put(out, field::token, message.token->view());
    if (!message.account.empty()) put(out, field::account, message.account);
    if (!message.fingerprint.empty()) put(out, field::fingerprint, message.fingerprint);
    if (message.kind == fleet_kind::verdict) {
        put_number(out, field::refused_for, number_of(message));
        put_number(out, field::life, static_cast<std::uint64_t>(message.life.count()));
        put_number(out, field::verified_at, microseconds(message.verified_at));
        if (message.limit) put_number(out, field::limit, std::uint32_t{*message.limit});
        if (message.remaining) put_number(out, field::remaining, std::uint32_t{*message.remaining});
    }
    if (message.kind == fleet_kind::failure) put_number(out, field::refused_for, number_of(message));
    if (!message.request_id.empty()) put(out, field::request_id, message.request_id);
    if (message.until != auth::store_time{}) put_number(out, field::until, microseconds(message.until));
    std::string keys;
    for (const auto& each : message.keys) keys.append(each.begin(), each.end());
    if (!keys.empty()) put(out, field::keys, keys);
    return out;
}

std::optional<fleet_message> read_message(std::string_view text) {
    reader from(text);
    if (text.size() > longest_message || !from.split()) return {};
    fleet_message out;
    std::optional<std::uint8_t> kind;
    if (!from.number(field::kind, kind) || !kind || !from.text(field::at)) return {};
    out.kind = static_cast<fleet_kind>(*kind);  // of one that is not known, nothing is whole
    const bool is_sound = read_time(from, field::at, out.at) && read_time(from, field::until, out.until) &&
                          read_names(from, out) && read_keys(from, out) && read_verdict(from, out);
    if (!is_sound || !is_whole(out)) return {};
    return out;
}

}  // namespace gate::store
