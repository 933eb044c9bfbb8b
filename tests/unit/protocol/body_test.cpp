#include <gate/protocol/body.hpp>

#include <algorithm>
#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using http::body_framing;
using http::body_kind;
using protocol::body_decoder;
using protocol::body_encoder;
using protocol::gather;

namespace {

constexpr http::chunk_limits limits{256, 8192};

struct decoded {
    std::string body;
    std::string rest;
    bool done = false;
    bool failed = false;
};

// Feeds `input` in pieces of `step` bytes.
decoded decode(body_framing framing, std::string input, std::size_t step) {
    decoded out;
    body_decoder decoder(framing, limits);
    for (std::size_t at = 0; at < input.size(); at += step) {
        std::string part = input.substr(at, step);
        const auto piece = decoder.decode(part);
        if (!piece) {
            out.failed = true;
            break;
        }
        out.body.append(piece->data.data(), piece->data.size());
        out.rest.append(piece->rest.data(), piece->rest.size());
    }
    out.done = decoder.is_done();
    return out;
}

std::string text_of(const gather& pieces) {
    std::string out;
    for (const auto& piece : pieces.view())
        out.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return out;
}

}  // namespace

TEST_CASE("a counted body ends after its bytes, whatever pieces it comes in") {
    for (std::size_t step : {1U, 2U, 5U, 100U}) {
        INFO(step);
        const auto out = decode({body_kind::counted, 5}, "helloGET / HTTP/1.1", step);
        CHECK(out.body == "hello");
        CHECK(out.rest == "GET / HTTP/1.1");
        CHECK(out.done);
    }
}

TEST_CASE("a chunked body is decoded in place, whatever pieces it comes in") {
    for (std::size_t step : {1U, 2U, 3U, 7U, 100U}) {
        INFO(step);
        const auto out =
            decode({body_kind::chunked, 0}, "3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX: y\r\n\r\nNEXT", step);
        CHECK(out.body == "hello");
        CHECK(out.rest == "NEXT");
        CHECK(out.done);
    }
}

TEST_CASE("a malformed chunk fails") {
    const auto out = decode({body_kind::chunked, 0}, "3\r\nhelX\r\n", 100);
    CHECK(out.failed);
}

TEST_CASE("a body of length zero, and no body, are done before they begin") {
    CHECK(body_decoder({body_kind::none, 0}, limits).is_done());
    CHECK(body_decoder({body_kind::counted, 0}, limits).is_done());
    CHECK_FALSE(body_decoder({body_kind::chunked, 0}, limits).is_done());
}

TEST_CASE("only a body that lasts until the close ends properly with the connection") {
    CHECK(body_decoder({body_kind::until_close, 0}, limits).end());
    CHECK_FALSE(body_decoder({body_kind::counted, 5}, limits).end());
    CHECK_FALSE(body_decoder({body_kind::chunked, 0}, limits).end());
}

TEST_CASE("rule 19: what is encoded decodes to the same body, with one end") {
    const std::vector<std::string> parts{"a", "", "bc", std::string(70000, 'd')};
    body_encoder encoder(body_kind::chunked);
    std::string wire;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        gather out;
        encoder.encode(parts[i], i + 1 == parts.size(), {}, out);
        wire += text_of(out);
    }
    const auto out = decode({body_kind::chunked, 0}, wire, 1000);
    CHECK(out.body == "abc" + parts.back());
    CHECK(out.done);
    CHECK(out.rest.empty());
}

TEST_CASE("the end of a chunked body carries its trailers") {
    body_encoder encoder(body_kind::chunked);
    gather out;
    encoder.encode("hi", true, "X-Sum: 1\r\n", out);
    CHECK(text_of(out) == "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
}

TEST_CASE("an empty piece in the middle of a chunked body is nothing, not its end") {
    body_encoder encoder(body_kind::chunked);
    gather out;
    encoder.encode("", false, {}, out);
    CHECK(out.bytes == 0);
}

TEST_CASE("consuming a gather leaves exactly the bytes behind") {
    const std::string whole = "abcdefghij";
    for (std::size_t written = 0; written <= whole.size(); ++written) {
        gather out;
        out.add({whole.data(), 3});
        out.add({whole.data() + 3, 1});
        out.add({whole.data() + 4, 6});
        out.consume(written);
        CHECK(text_of(out) == whole.substr(written));
        CHECK(out.bytes == whole.size() - written);
    }
}
