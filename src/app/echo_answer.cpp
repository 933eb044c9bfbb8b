#include <gate/app/echo_answer.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/websocket_accept.hpp>

#include <string_view>

namespace gate::app {
namespace {

// The end of a status line, and the mark.
const std::string marked = std::string("\r\n") + echo_server::mark + ": 1\r\n";

std::string response(const char* status, const char* fields, const std::string& body) {
    return std::string("HTTP/1.1 ") + status + marked + "Cache-Control: no-store\r\nConnection: close\r\n" +
           fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

echo_answer answer_to(const boost::beast::http::request_header<>& asked) {
    const auto target = std::string_view(asked.target().data(), asked.target().size());
    const auto path = target.substr(0, target.find('?'));
    const auto what = path.substr(path.rfind('/') + 1);
    if (what == "echo")
        return {response("200 OK", "Content-Type: application/json\r\n", shown_request(asked))};
    if (what == "later") return {response("503 Service Unavailable", "Retry-After: 7\r\n", "later\n")};
    if (what == "events")
        return {"HTTP/1.1 200 OK" + marked +
                    "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                    "Transfer-Encoding: chunked\r\n\r\nd\r\ndata: first\n\n\r\n",
                true};
    const auto key = asked[boost::beast::http::field::sec_websocket_key];
    if (what == "websocket" && !key.empty())
        return {"HTTP/1.1 101 Switching Protocols" + marked +
                    "Connection: upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Accept: " +
                    websocket_accept({key.data(), key.size()}) + "\r\n\r\n\x81\x04" + "echo",
                true};
    return {response("404 Not Found", "Content-Type: text/plain\r\n", "not found\n")};
}

}  // namespace gate::app
