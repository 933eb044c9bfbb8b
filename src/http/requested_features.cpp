#include <gate/core/text.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/requested_features.hpp>

namespace gate::http {

using core::reason;

core::result<requested_features> read_requested_features(const request_head& head,
                                                         const connection_options& connection,
                                                         body_framing framing) {
    requested_features out;
    if (head.minor != 1) return out;
    if (head.has(field_id::upgrade) && connection.upgrade) {
        const bool websocket = head.count(field_id::upgrade) == 1 &&
                               core::iequals(head.find(field_id::upgrade)->value, "websocket");
        if (websocket && has_body(framing)) return reason::bad_upgrade;
        out.websocket = websocket && head.verb == method::get;
    }
    if (head.has(field_id::te)) out.trailers = core::iequals(head.find(field_id::te)->value, "trailers");
    if (head.has(field_id::expect)) {
        if (head.count(field_id::expect) != 1 ||
            !core::iequals(head.find(field_id::expect)->value, "100-continue"))
            return reason::bad_expectation;
        out.expects_continue = has_body(framing);
    }
    return out;
}

}  // namespace gate::http
