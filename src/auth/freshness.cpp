#include <gate/auth/freshness.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

// min(span, limit) without the overflow that converting a large limit to milliseconds would be.
core::duration shorten(core::duration span, std::chrono::seconds limit) {
    if (limit > std::chrono::duration_cast<std::chrono::seconds>(span)) return span;
    return std::max(core::duration{0}, std::min(span, std::chrono::duration_cast<core::duration>(limit)));
}

freshness from_headers(const verification& answer, const config::cache_options& options,
                       core::duration& span) {
    freshness out;
    if (answer.max_age) span = shorten(span, *answer.max_age);
    if (answer.no_store && options.obey_no_store) span = core::duration{0};
    out.ignored_no_store = answer.no_store && !options.obey_no_store;
    return out;
}

freshness finish(freshness out, core::duration span, core::time_point asked) {
    out.until = asked + span;
    out.cacheable = span.count() > 0;
    return out;
}

}  // namespace

freshness freshness_of_allow(const verification& answer, const config::cache_options& options,
                             core::time_point asked, core::wall_clock::time_point wall_now) {
    auto span = options.ttl;
    auto out = from_headers(answer, options, span);
    if (answer.expires_at) {
        if (*answer.expires_at > wall_now) {
            // Differences of time points of the same clock: both lie within years, so that nothing overflows.
            const auto left = std::chrono::duration_cast<core::duration>(*answer.expires_at - wall_now);
            span = std::min(span, left);
        } else {
            out.clock_is_off = true;
        }
    }
    return finish(out, span, asked);
}

freshness freshness_of_deny(const verification& answer, const config::cache_options& options,
                            core::time_point asked) {
    auto span = options.negative_ttl;
    const auto out = from_headers(answer, options, span);
    return finish(out, span, asked);
}

core::time_point refresh_point(core::time_point asked, core::time_point until, std::uint64_t spread) {
    const double share = 0.8 + 0.15 * static_cast<double>(spread >> 11U) * 0x1.0p-53;
    const auto life = static_cast<double>((until - asked).count());
    return asked + core::time_point::duration{static_cast<core::time_point::rep>(life * share)};
}

}  // namespace gate::auth
