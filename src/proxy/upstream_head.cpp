#include <gate/http/forwarded_origin.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/proxy/upstream_head.hpp>

namespace gate::proxy {

void build_upstream_head(const http::request_facts& asked, const auth::access& access, const requester& asker,
                         const exchange_record& record, const config::forwarded_options& options,
                         std::string& out) {
    const auto& head = asked.head;
    const auto& peer = asker.peer();
    std::string_view forwarded_proto = peer.is_over_tls() ? "https" : "http";
    std::string_view forwarded_host;
    if (peer.is_trusted_proxy) {
        forwarded_proto = http::forwarded_scheme(head, forwarded_proto);
        forwarded_host = http::forwarded_host(head);
    }
    out.clear();
    http::append_upstream_head(
        asked,
        {.identity_line = access.made().identity.header_line(),
         .verification_line = access.verification_line(),
         .client_cert_line = peer.client_cert_line(),
         .client_address = peer.has_address ? std::string_view(peer.address_text) : std::string_view(),
         .forwarded_for = asker.forwarded_for(),
         .forwarded_proto = forwarded_proto,
         .forwarded_host = forwarded_host,
         .request_id = record.request_id,
         .traceparent = record.trace_for_upstream(),
         .keep_client_ip = peer.is_trusted_proxy,
         .drop_authorization = access.drops_authorization(),
         .add_via = options.via},
        out);
}

}  // namespace gate::proxy
