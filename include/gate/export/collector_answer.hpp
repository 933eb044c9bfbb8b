#pragma once
// What a collector says of a batch (OTLP specification, "OTLP/HTTP Response"). Its words are those of a
// stranger. Pure.

#include <gate/core/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gate::exporting {

struct collector_answer {
    enum class kind : std::uint8_t {
        accepted,  // 2xx; some spans may be rejected nevertheless
        retry,     // 429, 502, 503, 504: the same batch may be sent again, later
        refused,   // any other status: sending it again is of no use
        // 2xx with a body that is no answer, or 1xx without an end: something else has answered, such as a
        // login page
        unreadable,
    };

    kind meaning = kind::refused;
    std::optional<std::chrono::seconds> retry_after{};  // of retry
    std::uint64_t rejected = 0;                         // spans, of accepted; as the collector says
    std::string message{};  // for people, where something is rejected; not checked, at most 1 KiB
};

// `status`: 100..599; 1xx: the last of too many. `retry_after`: the value of that field, or "". `body`: at
// most as long as the client reads (client::response_bounds); an empty one is as good as an empty object.
collector_answer read_collector_answer(int status, std::string_view retry_after, std::string_view body,
                                       core::wall_clock::time_point wall_now);

}  // namespace gate::exporting
