// Any bytes as the beginning of a downstream connection.

#include "head_input.hpp"

#include <gate/http/framing.hpp>
#include <gate/http/path_readings.hpp>
#include <gate/http/target.hpp>

#include <cstddef>
#include <cstdint>

using namespace gate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::find_head<http::request_head>({reinterpret_cast<const char*>(data), size});
    if (!text) return 0;

    static const http::identity_names identity("X-Account");
    static http::request_head head;
    if (!http::parse_request_head(*text, fuzz::limits, identity, head)) return 0;
    fuzz::check_lines(head, *text);
    for (const http::field& f : head.fields)
        fuzz::check((f.id == http::field_id::identity) == identity.matches(f.name),
                    "the identity is recognised");

    static http::connection_options options;
    http::read_connection_options(head, options);
    if (const auto framing = http::request_framing(head))
        fuzz::check(framing->kind != http::body_kind::until_close, "a request always ends");
    if (const auto target = http::read_target(head)) {
        fuzz::check(!target->path.empty() && !target->forwarded.empty(), "there is always a path");
        fuzz::check(target->path.find('?') == std::string_view::npos, "a path has no query");
        http::find_ambiguous_piece(target->path);
        if (const auto host = http::read_host(head, *target))
            fuzz::check(host->find_first_of("/?#@, \t\\") == std::string_view::npos,
                        "a host is nothing but a host");
    }
    return 0;
}
