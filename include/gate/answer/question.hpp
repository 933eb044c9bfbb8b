#pragma once
// What another proxy asks for, by the path of its own request.

#include <gate/http/target.hpp>

#include <cstdint>
#include <string_view>

namespace gate::answer {

enum class question : std::uint8_t {
    other,   // nothing that is served here
    access,  // /auth: may the original request pass, and as whom?
    refusal  // /refuse: why must it not pass? Never answered with 200.
};

struct asked_question {
    question endpoint = question::other;
    std::string_view behind;  // the target behind /auth or /refuse, as received; may be empty, or a query
};

// The names of the endpoints are compared as they stand: an escape in them is another path.
asked_question read_question(const http::request_target& asking) noexcept;

}  // namespace gate::answer
