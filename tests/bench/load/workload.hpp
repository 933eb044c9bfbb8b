#pragma once
// What is asked and what is answered: every byte of it is made before the measurement begins.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

struct workload {
    // get, post (10 KB), chunked (the same in four chunks), download and upload (1 MiB), miss (a GET with a
    // token that was never used before), answer (another proxy asks about the same GET), sse (a stream of
    // events). Exits where the name is another.
    explicit workload(std::string_view name);

    // A whole request with this token.
    std::string request(std::string_view token) const;

    std::string method = "GET";
    std::string path = "/v1/things/12345?expand=owner";
    std::string framing;  // the last lines of the request's head, and the body
    std::size_t request_body = 0;
    std::size_t response_body = 100;
    std::string response;  // whole, or for sse the head
    bool fresh_tokens = false;
    bool streams = false;
};

// agt_ and 32 digits.
std::string token(std::uint64_t number);
// Writes the digits of another token over those that stand there.
void renumber(char* digits, std::uint64_t number);
constexpr std::size_t token_digits = 32;

// One event of a stream, as a chunk. The mark occurs once in it, and in no head or chunk size.
extern const std::string event_chunk;
constexpr char event_mark = '!';

// What the verify stub always says: Gate's JSON, and the account as a field for nginx and HAProxy.
std::string verification();

}  // namespace bench
