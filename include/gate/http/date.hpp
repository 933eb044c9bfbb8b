#pragma once
// The Date field (RFC 9110 6.6.1) of responses that have none.

#include <chrono>
#include <string_view>

namespace gate::http {

// Formats at most once a second. Not thread-safe: one for each worker.
class date_text {
public:
    // "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 5.6.7); valid until the next call.
    std::string_view at(std::chrono::system_clock::time_point now) noexcept;

private:
    static constexpr std::size_t size = 29;

    std::chrono::sys_seconds shown_{std::chrono::seconds(-1)};
    char text_[size + 1] = {};
};

}  // namespace gate::http
