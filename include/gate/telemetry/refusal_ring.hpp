#pragma once
// The last requests that were refused, for the page of the admin listener. Texts are cut, so that a flood of
// refusals takes no more memory than a few: what strangers send cannot make it grow (rule 24).

#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>
#include <gate/telemetry/access_log.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gate::telemetry {

// A text of at most Size bytes, without allocation. A longer one is cut, and agent tokens are masked (rule
// 25).
template <std::size_t Size>
class short_text {
public:
    static_assert(Size <= 255);

    void operator=(std::string_view text) { length_ = copy_shown(text, bytes_.data(), Size); }
    std::string_view view() const noexcept { return {bytes_.data(), length_}; }

private:
    static std::uint8_t copy_shown(std::string_view text, char* to, std::size_t room);

    std::array<char, Size> bytes_;  // the first length_ of them
    std::uint8_t length_ = 0;
};

struct refusal {
    core::wall_clock::time_point time;  // when it ended
    core::reason reason = core::reason::none;
    unsigned status = 0;     // as the access log has it
    bool in_shadow = false;  // it would have been refused
    short_text<16> method;
    short_text<160> path;
    short_text<64> route;
    short_text<64> client_address;
    short_text<12> token_fingerprint;  // empty: no token was shown
    short_text<128> account_id;        // empty: not known
    short_text<128> request_id;        // what X-Request-Id says
    short_text<64> error_id;           // what the body of the error says, if that is another
};

// Why we have refused a request, or would have in shadow; none: we have not. What fails at the upstream, and
// what ends because the client has gone, is no refusal.
core::reason refusal_of(core::reason decision, core::reason failure, bool in_shadow) noexcept;

// Not thread-safe: each worker has one.
class refusal_ring {
public:
    // Of those without a token, and of those with one: neither pushes the other out.
    static constexpr std::size_t capacity = 100;

    // Nothing, if the request was not refused. Allocates with the first ones alone.
    void note(const access_record& request);

    void append_to(std::vector<refusal>& out) const;

private:
    struct half {
        refusal& next_place();

        std::vector<refusal> kept;
        std::size_t next = 0;  // the oldest, once they are `capacity`
    };

    half with_token_;
    half without_token_;
};

// The newest `count` of them, the newest first. Those without a token are at most half of it while there are
// others: a scanner that sends none must not hide whose token was refused.
std::vector<refusal> newest(std::vector<refusal> all, std::size_t count);

}  // namespace gate::telemetry
