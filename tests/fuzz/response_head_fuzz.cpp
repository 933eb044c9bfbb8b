// Any bytes as an upstream's answer: what we make of it is a head that says the same.

#include "head_input.hpp"

#include <gate/http/rewrite.hpp>

#include <cstddef>
#include <cstdint>

using namespace gate;

namespace {

void check_rewritten(const http::response_head& head, const http::connection_options& options,
                     http::method asked) {
    const auto framing = http::response_framing(head, asked);
    if (!framing) return;
    std::string out;
    http::append_downstream_head(
        head,
        {.connection = options, .framing = *framing, .request_id = "req_1", .close = head.size % 2 == 0},
        out);

    http::response_head again;
    constexpr http::head_limits wide{1 << 20, 1000, 1 << 20};
    fuzz::check(http::parse_response_head(out, wide, again).has_value(), "our own head parses");
    fuzz::check(again.status == head.status && again.phrase == head.phrase, "status and phrase go on");
    fuzz::check(again.count(http::field_id::x_request_id) == 1, "one request id");
    const auto framing_again = http::response_framing(again, asked);
    fuzz::check(framing_again && *framing_again == *framing, "the framing goes on");
    fuzz::check(again.count(http::field_id::connection) == (head.size % 2 == 0 ? 1 : 0),
                "Connection is ours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::find_head<http::response_head>({reinterpret_cast<const char*>(data), size});
    if (!text) return 0;
    static http::response_head head;
    if (!http::parse_response_head(*text, fuzz::limits, head)) return 0;
    fuzz::check_lines(head, *text);
    static http::connection_options options;
    http::read_connection_options(head, options);
    check_rewritten(head, options, http::method::get);
    check_rewritten(head, options, http::method::head);
    return 0;
}
