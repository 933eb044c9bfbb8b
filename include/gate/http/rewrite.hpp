#pragma once
// Makes the heads that go on from the heads that came in: hop-by-hop fields out, the fields that are ours set
// (RFC 9110 7.6; trust rules 1-3, 7 and 19).

#include <gate/http/request_facts.hpp>

#include <string>

namespace gate::http {

// What we say about the client, and decide about its fields.
struct upstream_rewrite {
    std::string_view identity_line;      // "X-Gate-Account-Id: gacct_...\r\n", or empty: there is no identity
    std::string_view verification_line;  // "X-Gate-Verification: ...\r\n", or empty
    std::string_view client_cert_line{};  // "X-Forwarded-Client-Cert: ...\r\n", or empty
    std::string_view client_address;      // textual, of the peer; empty: it has none
    std::string_view forwarded_for;       // what a trusted proxy sent in X-Forwarded-For, or empty
    std::string_view forwarded_proto;     // "http" or "https"
    std::string_view forwarded_host;      // what a trusted proxy sent in X-Forwarded-Host; empty: the Host
    std::string_view request_id;
    std::string_view traceparent;     // names our own span; empty: none is sent
    bool keep_client_ip = false;      // a trusted proxy has set True-Client-IP and its like
    bool drop_authorization = false;  // the token was verified and is not passed on
    bool add_via = false;             // RFC 9110 7.6.3
};

// Appends the upstream head of a request that may go further (max_forwards is not 0) to `out`; returns how
// many identity fields of the client were taken out. Untouched fields are copied in runs, byte for byte.
std::size_t append_upstream_head(const request_facts& asked, const upstream_rewrite& how, std::string& out);

struct downstream_rewrite {
    const connection_options& connection;  // of the upstream's response
    body_framing framing;                  // as it goes to the client
    std::string_view request_id;
    std::string_view date{};     // for a response without a Date; empty: none
    bool close = false;          // we close after this response
    bool keep_alive_10 = false;  // tell an HTTP/1.0 client that we do not
    bool switching = false;      // 101: Connection: upgrade and Upgrade: websocket stay
    bool add_via = false;        // RFC 9110 7.6.3
};

// Appends the response head for the client to `out`. The version is always HTTP/1.1 (RFC 9110 2.5).
void append_downstream_head(const response_head& head, const downstream_rewrite& how, std::string& out);

}  // namespace gate::http
