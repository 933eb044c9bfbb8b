#include <gate/core/token_mask.hpp>
#include <gate/telemetry/refusal_ring.hpp>
#include <gate/telemetry/text_escape.hpp>

#include <algorithm>
#include <string>

namespace gate::telemetry {
namespace {

std::uint8_t copy_clipped(std::string_view text, char* to, std::size_t room) noexcept {
    const auto shown = clip(text, room);
    std::copy(shown.begin(), shown.end(), to);
    return static_cast<std::uint8_t>(shown.size());
}

// Whoever sends a long text pays for no more than this being searched for tokens.
constexpr std::size_t most_searched = 2048;

}  // namespace

template <std::size_t Size>
std::uint8_t short_text<Size>::copy_shown(std::string_view text, char* to, std::size_t room) {
    text = clip(text, most_searched);
    if (!core::holds_token(text)) return copy_clipped(text, to, room);
    return copy_clipped(core::without_tokens(text), to, room);
}

template class short_text<12>;
template class short_text<16>;
template class short_text<64>;
template class short_text<128>;
template class short_text<160>;

core::reason refusal_of(core::reason decision, core::reason failure, bool in_shadow) noexcept {
    using core::reason;
    const auto why = failure != reason::none ? failure : decision;
    if (why == reason::none) return reason::none;
    const auto& row = core::row_of(why);
    if (row.verdict) return *row.verdict == core::verdict::allow ? reason::none : why;
    if (failure == reason::none) return in_shadow ? why : reason::none;  // a target that is not acceptable
    const bool is_of_upstream = row.acts == core::actor::upstream || row.from == core::origin::upstream;
    return is_of_upstream || row.told.status == 0 ? reason::none : why;
}

refusal& refusal_ring::half::next_place() {
    if (kept.size() < capacity) return kept.emplace_back();
    auto& place = kept[next];
    next = (next + 1) % capacity;
    return place;
}

void refusal_ring::note(const access_record& request) {
    const auto why = refusal_of(request.decision, request.failure, request.in_shadow);
    if (why == core::reason::none) return;
    auto& to = (request.token_fingerprint.empty() ? without_token_ : with_token_).next_place();
    to.time = request.time;
    to.reason = why;
    to.status = request.status;
    to.in_shadow = request.in_shadow;
    to.method = request.method;
    to.path = request.path;
    to.route = request.route;
    to.client_address = request.client_address;
    to.token_fingerprint = request.token_fingerprint;
    to.account_id = request.account_id;
    to.request_id = request.ids.request;
    to.error_id = request.ids.error;
}

void refusal_ring::append_to(std::vector<refusal>& out) const {
    for (const auto* each : {&with_token_, &without_token_})
        out.insert(out.end(), each->kept.begin(), each->kept.end());
}

std::vector<refusal> newest(std::vector<refusal> all, std::size_t count) {
    std::ranges::stable_sort(all, std::greater{}, &refusal::time);
    const auto is_named = [](const refusal& one) { return !one.token_fingerprint.view().empty(); };
    const auto named = static_cast<std::size_t>(std::ranges::count_if(all, is_named));
    const auto room_for_others = count - std::min(named, count / 2);
    std::size_t others = 0;
    std::erase_if(all, [&](const refusal& one) { return !is_named(one) && ++others > room_for_others; });
    const auto kept_others = std::min(others, room_for_others);
    std::size_t kept_named = 0;
    std::erase_if(all,
                  [&](const refusal& one) { return is_named(one) && ++kept_named > count - kept_others; });
    return all;
}

}  // namespace gate::telemetry
