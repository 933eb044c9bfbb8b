// Whatever Gate, or one who speaks for it, answers: the first line of the input is the status, the second to
// the fifth are Cache-Control, Retry-After and the two rate fields, the rest is the body.

#include <gate/verify/codec.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using gate::auth::verdict;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    gate::verify::answer received;
    received.status = std::atoi(std::string(take_line(text).substr(0, 8)).c_str());
    received.cache_control = take_line(text);
    received.retry_after = take_line(text);
    received.rate_limit = take_line(text);
    received.rate_remaining = take_line(text);
    received.body = text;
    const gate::core::wall_clock::time_point now{std::chrono::seconds(1'700'000'000)};
    const auto got = gate::verify::decode(received, now);

    const bool allows = got.verdict == verdict::allow;
    require(allows == (got.reason == gate::core::reason::token_verified));
    require(got.verdict == verdict::unavailable || received.status == 200);
    require(allows ? gate::verify::is_usable_account_id(got.account_id) : got.account_id.empty());
    require(!allows || text.find("valid") != text.npos || text.find("\\u") != text.npos);
    require(got.retry_after.count() >= 0 && (!got.max_age || got.max_age->count() >= 0));
    require(got.request_id.empty() || got.request_id.size() == 36);
    return 0;
}
