#pragma once
// What the echo says to one request: see echo_server.hpp. Pure.

#include <boost/beast/http/message.hpp>

#include <string>

namespace gate::app {

struct echo_answer {
    std::string text;         // all bytes of the response, or of its beginning
    bool stays_open = false;  // without another word
};
echo_answer answer_to(const boost::beast::http::request_header<>& asked);

}  // namespace gate::app
