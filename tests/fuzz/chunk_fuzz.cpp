// Any bytes as a chunked body: the same whole and in pieces, and the same again after we have encoded it.

#include "check.hpp"

#include <gate/http/chunk.hpp>
#include <gate/http/trailers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace gate;

namespace {

struct decoded {
    std::string body;
    std::string trailers;
    std::size_t consumed = 0;
    bool done = false;
    bool failed = false;
    bool operator==(const decoded&) const = default;
};

decoded decode(std::string_view text, std::size_t piece) {
    http::chunk_decoder decoder({16, 64});
    decoded out;
    std::string_view input;
    while (!out.done && (!input.empty() || out.consumed < text.size())) {
        if (input.empty()) input = text.substr(out.consumed, piece);
        const auto step = decoder.decode(input);
        if (!step) {
            out = {};
            out.failed = true;
            return out;
        }
        fuzz::check(step->consumed > 0 || step->done, "every step takes something");
        fuzz::check(step->data.size() <= step->consumed, "data is part of what was taken");
        out.body += step->data;
        out.consumed += step->consumed;
        input.remove_prefix(step->consumed);
        out.done = step->done;
    }
    out.trailers = decoder.trailers();
    return out;
}

void check_encoded(const decoded& original) {
    std::string text;
    if (!original.body.empty())
        text.append(http::chunk_size_line(original.body.size()).view())
            .append(original.body)
            .append(http::chunk_end);
    text.append("0\r\n").append(original.trailers).append("\r\n");
    decoded again = decode(text, text.size());
    fuzz::check(again.done && again.consumed == text.size(), "what we encode ends where it ends");
    fuzz::check(again.body == original.body && again.trailers == original.trailers, "the same body again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const decoded whole = decode(text, size);
    fuzz::check(whole == decode(text, 1), "a body is the same in whatever pieces it comes");
    if (!whole.done) return 0;
    fuzz::check(whole.trailers.size() <= 64, "trailers are bounded");
    check_encoded(whole);
    std::string passed;
    http::append_permitted_trailers(whole.trailers, passed);
    fuzz::check(passed.size() <= whole.trailers.size(), "trailers are only taken away");
    return 0;
}
