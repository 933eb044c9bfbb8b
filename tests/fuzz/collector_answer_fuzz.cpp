// Whatever a collector, or what stands in its place, answers to a batch: the first line of the input is the
// status, the second is Retry-After, the rest is the body.

#include "check.hpp"

#include <gate/export/collector_answer.hpp>
#include <gate/export/delivery.hpp>

#include <algorithm>
#include <string>

namespace {

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gate::exporting;
    using gate::fuzz::check;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto status = std::atoi(std::string(take_line(text).substr(0, 3)).c_str());
    const auto retry_after = take_line(text);
    const gate::core::wall_clock::time_point wall_now{std::chrono::seconds(1'700'000'000)};
    const auto got = read_collector_answer(status, retry_after, text, wall_now);

    using kind = collector_answer::kind;
    const bool is_success = status >= 200 && status <= 299;
    check(got.meaning != kind::accepted || is_success, "success is 2xx");
    check((status <= 299) == (got.meaning == kind::accepted || got.meaning == kind::unreadable),
          "what is no success and no failure is not readable");
    check(got.rejected == 0 || got.meaning == kind::accepted, "only what is accepted has rejected spans");
    check(got.message.size() <= 1024, "the message is short");
    check(!got.retry_after || got.retry_after->count() >= 0, "no pause is negative");

    delivery by;
    const gate::core::time_point now{std::chrono::hours(1)};
    by.begin();
    const auto how = got.meaning == kind::refused    ? delivery::outcome::refused
                     : got.meaning == kind::accepted ? delivery::outcome::accepted
                                                     : delivery::outcome::may_retry;
    by.end(how, 1, got.retry_after, now, size);
    check(by.held_until() <= now + delivery::longest_said_pause, "no pause is longer than five minutes");
    check(by.may_begin(now + delivery::longest_said_pause), "and a call may begin then");
    return 0;
}
