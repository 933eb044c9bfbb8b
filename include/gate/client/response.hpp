#pragma once
// What a call was answered with.

#include <boost/beast/http/message.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gate::client {

// Bytes; what is larger is no answer (rule 24).
struct response_bounds {
    std::uint32_t head = 16 * 1024;  // of the trailer too, and of a line between two chunks
    std::uint64_t body = 64 * 1024;
};

struct response {
    // As it stood before the body: a trailer adds nothing to it (rule 5).
    boost::beast::http::response_header<> head;
    std::string body;

    int status() const { return static_cast<int>(head.result_int()); }

    // The value of the first field of that name, or "".
    std::string_view field(std::string_view name) const;

    // The values of all of them, joined by ", ".
    std::string joined(std::string_view name) const;
};

}  // namespace gate::client
