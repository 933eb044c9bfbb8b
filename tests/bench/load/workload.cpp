#include "workload.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace bench {
namespace {

constexpr std::size_t small_body = 10'240;
constexpr std::size_t big_body = 1 << 20;
constexpr std::size_t chunks = 4;

std::string with_length(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string one_chunk(const std::string& data) {
    std::ostringstream text;
    text << std::hex << data.size() << "\r\n" << data << "\r\n";
    return text.str();
}

std::string in_chunks(std::size_t size) {
    std::string text = "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t i = 0; i < chunks; ++i) text += one_chunk(std::string(size / chunks, 'b'));
    return text + "0\r\n\r\n";
}

constexpr std::string_view response_head =
    "HTTP/1.1 200 OK\r\nServer: app/1.0\r\nDate: Sat, 21 Nov 2026 23:00:00 GMT\r\n"
    "X-Request-Id: 0f8fad5b-d9cb-469f-a165-70867728950e\r\n";

}  // namespace

const std::string event_chunk = one_chunk(
    "data: "
    "{\"id\":\"0f8fad5b-d9cb-469f-a165-70867728950e\",\"kind\":\"thing.changed\",\"at\":1793318400000!}\n\n");

workload::workload(std::string_view name) {
    if (name == "post" || name == "chunked") {
        method = "POST";
        request_body = small_body;
        const auto body = name == "post" ? with_length(std::string(small_body, 'b')) : in_chunks(small_body);
        framing = "Content-Type: application/json\r\n" + body;
    } else if (name == "upload") {
        method = "POST";
        path = "/upload";
        request_body = big_body;
        framing = "Content-Type: application/octet-stream\r\n" + with_length(std::string(big_body, 'b'));
    } else if (name == "download") {
        path = "/download";
        response_body = big_body;
    } else if (name == "sse") {
        path = "/events";
        streams = true;
    } else if (name == "answer") {
        path = "/auth" + path;
        response_body = 0;
    } else if (name == "miss") {
        fresh_tokens = true;
    } else if (name != "get") {
        std::fprintf(stderr, "no such workload\n");
        std::exit(2);
    }
    if (framing.empty()) framing = "\r\n";
    response = response_head;
    if (streams) {
        // The last field keeps nginx from collecting events.
        response +=
            "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\n\r\n";
    } else {
        response += "Content-Type: application/json\r\n" + with_length(std::string(response_body, 'x'));
    }
}

std::string workload::request(std::string_view token) const {
    return method + " " + path + " HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1.0\r\n" +
           "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nAuthorization: Bearer " +
           std::string(token) + "\r\nX-Trace-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n" + framing;
}

std::string token(std::uint64_t number) {
    std::string text = "agt_" + std::string(token_digits, '0');
    renumber(text.data() + 4, number);
    return text;
}

void renumber(char* digits, std::uint64_t number) {
    for (std::size_t i = token_digits; i-- > 0; number /= 10)
        digits[i] = static_cast<char>('0' + number % 10);
}

std::string verification() {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=60\r\n"
           "X-Gate-Account-Id: gacct_0123456789abcdefghjkmnpqrs\r\n" +
           with_length(
               R"({"data":{"valid":true,"gate_account_id":"gacct_0123456789abcdefghjkmnpqrs","status":"active",)"
               R"("created_at":"2026-04-01T12:00:00.000Z","expires_at":"2099-06-30T12:00:00.000Z"},)"
               R"("meta":{"request_id":"req_0123456789abcdef0123456789abcdef"}})");
}

}  // namespace bench
