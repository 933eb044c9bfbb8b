#include <gate/core/text.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/proxy/upstream_head.hpp>

namespace gate::proxy {

using http::field_id;

void build_upstream_head(const http::request_facts& asked, const auth::access& access, const requester& asker,
                         const exchange_record& record, std::string& out) {
    const auto& head = asked.head;
    const auto& peer = asker.peer();
    std::string_view forwarded_proto = "http";
    std::string_view forwarded_host;
    if (peer.is_trusted_proxy) {
        const auto* proto =
            head.count(field_id::x_forwarded_proto) == 1 ? head.find(field_id::x_forwarded_proto) : nullptr;
        if (proto != nullptr && core::iequals(proto->value, "https")) forwarded_proto = "https";
        if (head.count(field_id::x_forwarded_host) == 1)
            forwarded_host = head.find(field_id::x_forwarded_host)->value;
    }
    out.clear();
    http::append_upstream_head(asked,
                               {.identity_line = access.made().identity.header_line(),
                                .verification_line = access.verification_line(),
                                .client_address = peer.address_text,
                                .forwarded_for = asker.forwarded_for(),
                                .forwarded_proto = forwarded_proto,
                                .forwarded_host = forwarded_host,
                                .request_id = record.request_id,
                                .traceparent = record.trace.view(),
                                .keep_client_ip = peer.is_trusted_proxy,
                                .drop_authorization = access.drops_authorization()},
                               out);
}

}  // namespace gate::proxy
