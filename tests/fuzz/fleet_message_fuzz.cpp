// Any bytes as a message of the fleet, as if somebody had its key: what is read is written and read the same,
// and holds nothing that a header or a log could not.

#include "check.hpp"

#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace gate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto message = store::read_message(text);
    if (!message) return 0;
    const auto is_visible = [](std::string_view of) {
        return std::ranges::all_of(of, [](char c) { return c > ' ' && c < '\x7f'; });
    };
    fuzz::check(is_visible(message->account) && message->account.size() <= 256,
                "an account is visible ASCII");
    fuzz::check(is_visible(message->request_id), "a request id is visible ASCII");
    fuzz::check(is_visible(message->fingerprint), "a fingerprint is visible ASCII");
    fuzz::check(message->at <= auth::store_never && message->until <= auth::store_never, "times are bounded");
    fuzz::check(message->keys.size() <= store::most_keys, "keys are bounded");
    fuzz::check(store::read_message(store::write(*message)) == message, "it is read as it is written");
    return 0;
}
