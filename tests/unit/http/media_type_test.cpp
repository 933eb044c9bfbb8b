#include "parsed.hpp"

#include <gate/http/media_type.hpp>

#include <tuple>

using namespace gate::http;
using namespace gate::http::test;

TEST_CASE("event streams and gRPC are known by their media type") {
    const auto [type, events, grpc] = GENERATE(table<std::string, bool, bool>({
        {"text/event-stream", true, false},
        {"Text/Event-Stream; charset=utf-8", true, false},
        {"text/event-stream\t;charset=utf-8", true, false},
        {"text/event-stream-like", false, false},
        {"application/grpc", false, true},
        {"Application/gRPC+proto", false, true},
        {"application/grpc-web+proto; x=y", false, true},
        {"application/grpc;x=y", false, true},
        {"application/grpcs", false, false},
        {"application/json", false, false},
        {"application/json; application/grpc", false, false},
        {"", false, false},
    }));
    INFO(type);
    const response answer(response::with("Content-Type: " + type + "\r\n"));
    CHECK(is_event_stream(answer.head) == events);
    CHECK(is_grpc(answer.head) == grpc);
}

TEST_CASE("a message without a media type is neither") {
    const response answer(response::with("X-Content-Type: text/event-stream\r\n"));
    CHECK_FALSE(is_event_stream(answer.head));
    CHECK_FALSE(is_grpc(answer.head));
}
