#include <gate/config/discovery_rules.hpp>
#include <gate/config/options.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/telemetry_rules.hpp>
#include <gate/core/text.hpp>
#include <gate/http/client_name.hpp>

#include <algorithm>
#include <array>
#include <type_traits>

namespace gate::config {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

constexpr std::array<std::string_view, 2> proxy_protocol_uses{"off", "required"};
constexpr std::array<std::string_view, 2> auth_modes{"required", "optional"};
constexpr std::array<std::string_view, 4> original_sources{"none", "path", "x-forwarded", "x-original"};
constexpr std::array<std::string_view, 2> unavailable_statuses{"503", "429"};
constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> log_formats{"json", "text"};
constexpr std::array<std::string_view, 2> tls_versions{"1.2", "1.3"};
constexpr std::array<std::string_view, 2> client_cert_fields{"none", "set"};
constexpr std::array<std::string_view, 3> client_auths{"none", "optional", "required"};

template <class Access>
constexpr choice_value choice(Access, std::span<const std::string_view> names) {
    return {[](const config& c) { return static_cast<unsigned>(Access{}(c)); },
            [](config& c, unsigned index) {
                auto& at = Access{}(c);
                at = static_cast<std::remove_reference_t<decltype(at)>>(index);
            },
            names};
}

constexpr auto restart = change::restart;

constexpr choice_value unavailable_status{
    [](const config& c) { return c.answer.unavailable == 429 ? 1U : 0U; },
    [](config& c, unsigned index) { c.answer.unavailable = index == 1 ? 429 : 503; }, unavailable_statuses};

#define AT(member) ([](auto& c) -> auto& { return c.member; })

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): the parameters are members
// The section `tls` of a listener.
#define TLS_CERTIFICATES(section, tls) \
    {section ".certificates", certificate_list{AT(tls.certificates)}, "The certificates with their keys, PEM files, as {cert_file, key_file}: a chain that begins with its own certificate, and a key without a pass phrase. The first is the default; others are chosen by the name that a client asks for, among their subject alternative names. Files are read again when they change. Turning TLS on or off needs a restart. Empty: no TLS."}
#define TLS_MIN_VERSION(section, tls) \
    {section ".min_version", choice(AT(tls.min_version), tls_versions), "The lowest version of TLS."}
#define TLS_OF_LISTENER(section, tls) \
    TLS_CERTIFICATES(section, tls), \
    {section ".strict_sni", boolean_value{AT(tls.strict_sni)}, "Ends the handshake of a client that asks for a name that no certificate has. Otherwise it gets the default certificate."}, \
    TLS_MIN_VERSION(section, tls), \
    {section ".ciphers", text_value{AT(tls.ciphers), check_openssl_list, "a list in OpenSSL's spelling"}, "The ciphers of TLS 1.2, separated by colons. Empty: ECDHE with AEAD."}, \
    {section ".groups", text_value{AT(tls.groups), check_openssl_list, "a list in OpenSSL's spelling"}, "The groups for the key exchange, separated by colons. Empty: those of the OpenSSL library."}, \
    {section ".client_ca_file", text_value{AT(tls.client_ca_file), check_file_name, "a file"}, "The authorities that clients' certificates must come from, as a PEM file. It is needed where client_auth is optional or required."}, \
    {section ".client_auth", choice(AT(tls.client_auth), client_auths), "Whether clients must show a certificate, in addition to the token. none: they are not asked for one. optional: one that they show must be valid. required: without a valid one there is no connection."}, \
    {section ".client_names", text_list{AT(tls.client_names), http::check_client_name_pattern, "a list of DNS names and URIs"}, "The subject alternative names of which a client's certificate must have one. In the path of a URI, * is one whole segment: spiffe://example.org/ns/prod/*. A certificate without such a name gets 403 for each request. Empty: any name."}, \
    {section ".ticket_key_file", text_value{AT(tls.ticket_key_file), check_file_name, "a file"}, "Keys for session tickets that all replicas share: one to three lines, each base64 of 80 bytes. The first encrypts; put a new key in front. Empty: the process makes its own keys, and renews them every 12 hours."}
// NOLINTEND(bugprone-macro-parentheses)

constexpr option table[] = {
    {"listener.address", listen_value{AT(listener.address)}, "The address where requests are accepted: an IP address and a port, a Unix socket, or the sockets that systemd has opened under this FileDescriptorName. If it is not given, the variable PORT sets the port, with the address 0.0.0.0.", restart},
    {"listener.socket_mode", socket_mode_value{AT(listener.socket_mode)}, "The permissions of a Unix socket. Who has the right to write may connect.", restart},
    {"listener.proxy_protocol", choice(AT(listener.proxy_protocol), proxy_protocol_uses), "Whether each connection begins with a PROXY header (version 1 or 2), which tells the address of the client. off: none does. required: each must, before TLS, and what comes from elsewhere than proxy_protocol_from is closed."},
    {"listener.proxy_protocol_from", network_list{AT(listener.proxy_protocol_from)}, "The balancers that may send a PROXY header. unix: all that connect to a Unix socket. Needed where proxy_protocol is required."},
    TLS_OF_LISTENER("listener.tls", listener.tls),
    {"status.address", listen_value{AT(status.address)}, "The address that serves /livez, /readyz and /metrics, and nothing else.", restart},
    {"status.socket_mode", socket_mode_value{AT(status.socket_mode)}, "As listener.socket_mode.", restart},
    TLS_CERTIFICATES("status.tls", status.tls),
    TLS_MIN_VERSION("status.tls", status.tls),
    {"admin.address", listen_value{AT(admin.address)}, "The address of the operating endpoints. Keep it on the loopback, or on a Unix socket.", restart},
    {"admin.socket_mode", socket_mode_value{AT(admin.socket_mode)}, "As listener.socket_mode.", restart},
    {"admin.token_file", text_value{AT(admin.token_file), check_file_name, "a file"}, "The file that holds the admin token. Empty: the environment variable GATE_SIDECAR_ADMIN_TOKEN holds it. Without a token, /revoke, /purge, /reload, /config, /log-level, /block, /unblock and /echo are not served."},
    {"admin.hosts", text_list{AT(admin.hosts), check_host_name, "a list of host names"}, "Host names that requests to the admin listener may use, in addition to IP addresses and localhost. Requests for other names are refused (DNS rebinding)."},
    {"admin.page", boolean_value{AT(admin.page)}, "GET / of the admin listener serves a page that shows what the sidecar is doing. What it shows without the admin token is in /metrics too."},
    TLS_CERTIFICATES("admin.tls", admin.tls),
    TLS_MIN_VERSION("admin.tls", admin.tls),

    {"upstream.url", url_value{AT(upstream.target), check_upstream_url, true}, "The protected API: http or https without a path, or unix: and the path of a Unix socket."},
    {"upstream.forward_token", boolean_value{AT(upstream.forward_token)}, "Keeps the verified token in the request that the upstream receives."},
    {"upstream.connect_timeout", duration_value{AT(upstream.connect_timeout), 1ms, 60s}, "The longest time that opening a connection to the upstream may take, including its TLS handshake."},
    {"upstream.response_timeout", duration_value{AT(upstream.response_timeout), 0ms, 1h}, "The longest wait for the response head after the request has been sent. 0: no limit."},
    {"upstream.idle_timeout", duration_value{AT(upstream.idle_timeout), 0ms, 1h}, "An unused upstream connection is closed after this time. Keep it shorter than the upstream's own idle timeout. 0: connections are not reused."},
    {"upstream.tls.ca_file", text_value{AT(upstream.tls.ca_file), check_file_name, "a file"}, "The certificate authorities to trust for an https upstream, as a PEM file. The chain and the name of its certificate are always verified. Empty: those of the system."},
    {"upstream.tls.server_name", text_value{AT(upstream.tls.server_name), check_server_name, "a name or an address"}, "The name that the certificate of the upstream must have, and that is sent to it (SNI). Empty: the host of the URL."},
    {"upstream.tls.client_cert_file", text_value{AT(upstream.tls.client_cert_file), check_file_name, "a file"}, "The certificate that is shown to the upstream, as a PEM file with its chain. Empty: none."},
    {"upstream.tls.client_key_file", text_value{AT(upstream.tls.client_key_file), check_file_name, "a file"}, "The key of that certificate, as a PEM file without a pass phrase."},

    {"gate.base_url", url_value{AT(gate.base_url), check_gate_url}, "The URL of Gate. Must be https; http is allowed only for the loopback.", restart},
    {"gate.verify_path", text_value{AT(gate.verify_path), check_path, "a path"}, "The path of the call that verifies a token, relative to base_url."},
    {"gate.revoke_path", text_value{AT(gate.revoke_path), check_path, "a path"}, "The path of the call that revokes a token, relative to base_url."},
    {"gate.token_field", text_value{AT(gate.token_field), check_member_name, "a name"}, "The name of the JSON member that carries the token."},
    {"gate.secret_key_file", text_value{AT(gate.secret_key_file), check_file_name, "a file"}, "The file that holds the secret key. Empty: the environment variable FOIL_SECRET_KEY holds it."},
    {"gate.timeout", duration_value{AT(gate.timeout), 10ms, 60s}, "The longest time that one call to Gate may take, including connecting."},
    {"gate.ca_file", text_value{AT(gate.ca_file), check_file_name, "a file"}, "The certificate authorities to trust for Gate, as a PEM file. Empty: those of the system."},
    {"gate.budget.limit", count_value{AT(gate.budget.limit), 1, 1'000'000}, "The number of calls per window that Gate allows the whole organization. Numbers in Gate's answers take precedence."},
    {"gate.budget.window", duration_value{AT(gate.budget.window), 1s, 1h}, "The length of that window. The window is rolling."},
    {"gate.budget.unknown", count_value{AT(gate.budget.unknown), 1, 1'000'000}, "The most calls per window that may be spent on tokens that Gate then refuses. Fewer are allowed when less of the budget is left."},
    {"gate.circuit.failures", count_value{AT(gate.circuit.failures), 1, 1000}, "After this many consecutive failed or slow calls, Gate receives only probes until it has recovered."},
    {"gate.circuit.slow_after", duration_value{AT(gate.circuit.slow_after), 10ms, 60s}, "A call that takes longer than this counts as slow."},
    {"gate.circuit.probe_interval", duration_value{AT(gate.circuit.probe_interval), 100ms, 60s}, "The time between two probes. A probe is a call that tests whether Gate has recovered."},

    {"cache.ttl", duration_value{AT(cache.ttl), 0ms, 1h}, "The longest time for which an accepted token is accepted without asking Gate again. 0: nothing is cached."},
    {"cache.negative_ttl", duration_value{AT(cache.negative_ttl), 0ms, 1h}, "The time for which a refused token is refused without asking Gate again. 0: refusals are not cached."},
    {"cache.max_entries", count_value{AT(cache.max_entries), 1, 10'000'000}, "The number of accepted tokens that are cached.", restart},
    {"cache.max_negative_entries", count_value{AT(cache.max_negative_entries), 1, 10'000'000}, "The number of refused tokens that are cached. They have a cache of their own.", restart},
    {"cache.obey_no_store", boolean_value{AT(cache.obey_no_store)}, "Answers that Gate marks no-store, no-cache or private are not cached."},
    {"cache.refresh_ahead", boolean_value{AT(cache.refresh_ahead)}, "A token in use is verified again before its TTL ends, while enough of the call budget is left."},
    {"cache.grace", duration_value{AT(cache.grace), 0ms, 1h}, "The time after its TTL for which an accepted token remains accepted while Gate cannot answer. 0: none."},
    {"cache.verify_streams", boolean_value{AT(cache.verify_streams)}, "Exchanges that last longer than the TTL are verified again, and are ended when the token is refused. A revocation made through this sidecar ends them even when this option is off."},
    {"cache.stream_max_unverified", duration_value{AT(cache.stream_max_unverified), 0ms, 24h}, "The time after the TTL for which such an exchange may continue while Gate cannot answer; cache.grace applies where it is longer. 0: none."},

    {"fleet.url", text_value{AT(fleet.url), check_store_address, "a URL"}, "The Valkey or Redis (6.2 or newer) that all replicas share, so that a token costs one call for all of them: redis://host:6379/0, unix:/run/valkey.sock, redis+sentinel://host1,host2/name or redis+cluster://host1,host2; with TLS: rediss://, rediss+sentinel:// or rediss+cluster://. Empty: each replica is on its own.", restart},
    {"fleet.key_file", text_value{AT(fleet.key_file), check_file_name, "a file"}, "The file that holds the key of the fleet, the same at all replicas: 32 bytes or more, such as openssl rand -base64 32 prints. Empty: the environment variable GATE_SIDECAR_FLEET_KEY holds it.", restart},
    {"fleet.username", text_value{AT(fleet.username), check_store_user, "a name"}, "The user at the store. Empty: its default user.", restart},
    {"fleet.password_file", text_value{AT(fleet.password_file), check_file_name, "a file"}, "The file that holds that user's password. Empty: the environment variable GATE_SIDECAR_FLEET_PASSWORD holds it, or there is none.", restart},
    {"fleet.sentinel.username", text_value{AT(fleet.sentinel.username), check_store_user, "a name"}, "The user at the sentinels, which have users of their own. Empty: their default user.", restart},
    {"fleet.sentinel.password_file", text_value{AT(fleet.sentinel.password_file), check_file_name, "a file"}, "The file that holds that user's password. Empty: the environment variable GATE_SIDECAR_FLEET_SENTINEL_PASSWORD holds it, or there is none.", restart},
    {"fleet.tls.ca_file", text_value{AT(fleet.tls.ca_file), check_file_name, "a file"}, "The certificate authorities to trust for the store, as a PEM file. Empty: those of the system.", restart},
    {"fleet.tls.server_name", text_value{AT(fleet.tls.server_name), check_server_name, "a name or an address"}, "The name that the certificate of the store must have, and that is sent to it (SNI). Empty: the host of the URL.", restart},
    {"fleet.tls.client_cert_file", text_value{AT(fleet.tls.client_cert_file), check_file_name, "a file"}, "The certificate that is shown to the store, as a PEM file with its chain. Empty: none.", restart},
    {"fleet.tls.client_key_file", text_value{AT(fleet.tls.client_key_file), check_file_name, "a file"}, "The key of that certificate, as a PEM file without a pass phrase.", restart},
    {"fleet.timeout", duration_value{AT(fleet.timeout), 5ms, 1s}, "The longest time that one command to the store may take. A request waits for three of them at most.", restart},

    {"auth.header_name", text_value{AT(auth.header_name), check_header_name, "a field name"}, "The header field that carries the account to the upstream. Values from clients are always removed."},
    {"auth.mode", choice(AT(auth.mode), auth_modes), "What happens to a request without an agt_ token: required refuses it; optional passes it on without an identity."},
    {"auth.public_paths", text_list{AT(auth.public_paths), check_path, "a list of paths"}, "Exact paths that need no token, such as the API's health check. A short form of routes with auth: none."},
    {"auth.shadow", boolean_value{AT(auth.shadow)}, "Decides, logs and counts, but refuses no request for its token or its route: what would be refused passes without an identity. For trying the sidecar in front of a running API. A route can have shadow of its own."},
    {"auth.preflight", boolean_value{AT(auth.preflight)}, "CORS preflights pass without a token where nothing denies them. A route may have a value of its own."},
    {"auth.blocked_accounts_file", text_value{AT(auth.blocked_accounts_file), check_file_name, "a file"}, "A file of accounts that are refused with 403, one a line, with # comments. Changes take effect without a reload; if the file vanishes or has a wrong line, the last good list stays in force. Empty: none. POST /block of the admin listener blocks accounts too."},

    {"forwarded.trusted_proxies", network_list{AT(forwarded.trusted_proxies)}, "Proxies whose X-Forwarded-* fields are trusted, and whose True-Client-IP, CF-Connecting-IP and other fields that name the client's address are passed on; from others they are removed. unix: all that connect to a Unix socket."},
    {"forwarded.pass", text_list{AT(forwarded.pass), check_passed_name, "a list of X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, X-Original-URL, X-Original-URI and X-Rewrite-URL"}, "Fields that ask the upstream for another path or method and that are nevertheless passed on. Such fields are removed if they are not listed. A request with a listed field never counts as a request for a public path."},
    {"forwarded.client_cert", choice(AT(forwarded.client_cert), client_cert_fields), "Whether the upstream is told about the client's certificate. set: X-Forwarded-Client-Cert has its hash, and the URIs and DNS names in it, as Envoy writes them. none: nothing is told. A field of that name that comes in is removed in any case."},
    {"forwarded.via", boolean_value{AT(forwarded.via)}, "Adds this proxy to the Via field of requests and responses (RFC 9110 7.6.3). nginx does not compress its response to a request with Via."},

    {"discovery.public_url", text_value{AT(discovery.public_url), check_public_url, "a URL"}, "The URL of this API as its clients see it. Empty: agents are not told how to sign up. Otherwise service_id is needed, too, 401 responses and error bodies have links, and /.well-known/oauth-protected-resource, /auth.md and /errors/<code> are answered by the sidecar, without a token, unless a route names that very path or denies it."},
    {"discovery.service_id", text_value{AT(discovery.service_id), check_service_id, "a name"}, "The name of this API for the sign-up command: npx signup <service_id>."},
    {"discovery.name", text_value{AT(discovery.name), check_api_name, "a text"}, "The name of this API for people. Empty: none."},
    {"discovery.documentation", text_value{AT(discovery.documentation), check_page_url, "a URL"}, "The page that tells more about signing up. Empty: /auth.md."},

    {"answer.address", optional_listen_value{AT(answer.address)}, "The address where other proxies ask whether a request may pass: a listener of its own. Empty: none.", restart},
    {"answer.socket_mode", socket_mode_value{AT(answer.socket_mode)}, "As listener.socket_mode.", restart},
    {"answer.trusted_peers", network_list{AT(answer.trusted_peers)}, "The proxies that may ask there. All others get 403. unix: all that connect to a Unix socket; it is in the list by default where answer.address is one."},
    {"answer.original", choice(AT(answer.original), original_sources), "The one place from which the original request is read. path: method, the path after /auth, and Host. x-forwarded: X-Forwarded-Method, X-Forwarded-Uri and X-Forwarded-Host. x-original: X-Original-Method, and either X-Original-URI or X-Original-URL. none: nowhere; routes and auth.mode do not apply, and every request needs a token."},
    {"answer.wait", duration_value{AT(answer.wait), 10ms, 60s}, "The longest time that such a question waits for Gate. The verification goes on after that."},
    {"answer.unavailable", unavailable_status, "The status of the answer when Gate could not be asked. 429 is for proxies that make an error of their own of every 5xx."},
    TLS_OF_LISTENER("answer.tls", answer.tls),

    {"workers", workers_value{AT(workers), 256}, "The number of threads that serve requests. auto: the CPU quota, rounded up.", restart},

    {"log.level", choice(AT(log.level), log_levels), "The lowest level that is logged."},
    {"log.format", choice(AT(log.format), log_formats), "json: one JSON object per line. text: lines for people."},
    {"log.access", boolean_value{AT(log.access)}, "Writes one line for each request."},

    {"telemetry.otlp.endpoint", text_value{AT(telemetry.otlp.endpoint), check_collector_url, "a URL"}, "The OpenTelemetry collector that gets a span of each sampled request, and of its calls to the upstream and to Gate, by OTLP over HTTP in JSON: the base URL, such as http://collector:4318, to which /v1/traces is added. Empty: none. The environment variable OTEL_EXPORTER_OTLP_ENDPOINT says the same, to every program.", restart},
    {"telemetry.otlp.traces_endpoint", text_value{AT(telemetry.otlp.traces_endpoint), check_collector_url, "a URL"}, "The whole URL, in place of endpoint. Also OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.", restart},
    {"telemetry.otlp.ratio", ratio_value{AT(telemetry.otlp.ratio)}, "The share of the traces that begin here of which spans are exported. A request that comes with a valid traceparent is sampled as its flag says."},
    {"telemetry.otlp.service_name", text_value{AT(telemetry.otlp.service_name), check_service_name, "a text"}, "The resource attribute service.name of the spans. Empty: service.name in resource_attributes, else gate-sidecar. Also OTEL_SERVICE_NAME.", restart},
    {"telemetry.otlp.resource_attributes", text_list{AT(telemetry.otlp.resource_attributes), check_resource_attribute, "a list of key=value"}, "Further resource attributes of the spans, at most 64; both sides may have %-escapes. Also OTEL_RESOURCE_ATTRIBUTES.", restart},
    {"telemetry.otlp.headers_file", text_value{AT(telemetry.otlp.headers_file), check_file_name, "a file"}, "The file that holds header fields for the collector, such as an API key: name=value, separated by commas or line ends, with %-escapes. Empty: the environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS or OTEL_EXPORTER_OTLP_HEADERS holds them where another of OpenTelemetry's names the collector, else there are none.", restart},
    {"telemetry.otlp.tls.ca_file", text_value{AT(telemetry.otlp.tls.ca_file), check_file_name, "a file"}, "The certificate authorities to trust for the collector, as a PEM file. Empty: those of the system. Also OTEL_EXPORTER_OTLP_CERTIFICATE, for OpenTelemetry's collector alone.", restart},
    {"telemetry.otlp.tls.server_name", text_value{AT(telemetry.otlp.tls.server_name), check_server_name, "a name or an address"}, "The name that the certificate of the collector must have, and that is sent to it (SNI). Empty: the host of the URL.", restart},
    {"telemetry.otlp.tls.client_cert_file", text_value{AT(telemetry.otlp.tls.client_cert_file), check_file_name, "a file"}, "The certificate that is shown to the collector, as a PEM file with its chain. Empty: none. Also OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, likewise.", restart},
    {"telemetry.otlp.tls.client_key_file", text_value{AT(telemetry.otlp.tls.client_key_file), check_file_name, "a file"}, "The key of that certificate, as a PEM file without a pass phrase. Also OTEL_EXPORTER_OTLP_CLIENT_KEY, likewise.", restart},

    {"shutdown.delay", duration_value{AT(shutdown.delay), 0ms, 10min}, "The time before the listener closes, during which /readyz reports 503 and new connections are still accepted, so that load balancers can react. 0: the listener closes immediately."},
    {"shutdown.grace", duration_value{AT(shutdown.grace), 0ms, 1h}, "The time that running exchanges have to finish. 0: they are ended immediately."},

    {"limits.head_size", size_value{AT(limits.head_size), kib, 64 * kib}, "The largest request or response head."},
    {"limits.fields", count_value{AT(limits.fields), 1, 1000}, "The largest number of header fields in a head."},
    {"limits.target_length", size_value{AT(limits.target_length), 64, 64 * kib}, "The longest request target."},
    {"limits.chunk_extension", size_value{AT(limits.chunk_extension), 0, 4 * kib}, "The longest extensions of one chunk. 0: extensions are not accepted."},
    {"limits.trailer_size", size_value{AT(limits.trailer_size), 0, 64 * kib}, "The largest trailer section. 0: trailers are not accepted."},
    {"limits.drain", size_value{AT(limits.drain), 0, 16 * mib}, "The most bytes of an unread request body that are read and discarded to keep a connection open. 0: the connection is closed."},
    {"limits.header_timeout", duration_value{AT(limits.header_timeout), 10ms, 10min}, "The longest time between the first and the last byte of a request head."},
    {"limits.body_timeout", duration_value{AT(limits.body_timeout), 0ms, 1h}, "The longest time without progress while a request body is received, or while the receiver of a body takes no byte. 0: no limit."},
    {"limits.body_rate", byte_rate_value{AT(limits.body_rate), 0, 1024 * mib}, "The lowest average rate at which a client may send a request body or take a response. Only time spent waiting for the client counts. The rate is enforced after body_timeout of such waiting (after 30s if body_timeout is 0). WebSockets, event streams and gRPC responses are exempt. 0: no limit."},
    {"limits.stream_idle_timeout", duration_value{AT(limits.stream_idle_timeout), 0ms, 24h}, "The longest time without a byte from the upstream within a response, or without a byte in either direction of an upgraded connection. 0: no limit."},
    {"limits.websocket_lifetime", duration_value{AT(limits.websocket_lifetime), 0ms, 168h}, "An upgraded connection is ended after this time; WebSockets receive close code 1001. 0: no limit."},
    {"limits.keep_alive_timeout", duration_value{AT(limits.keep_alive_timeout), 0ms, 1h}, "The longest time between two requests on a connection. 0: no keep-alive."},
    {"limits.requests_per_connection", count_value{AT(limits.requests_per_connection), 0, 1'000'000'000}, "A connection is closed after this many requests. 0: no limit."},
    {"limits.connections", count_value{AT(limits.connections), 1, 1'000'000}, "The most connections from clients, over all workers."},
    {"limits.connections_per_client", count_value{AT(limits.connections_per_client), 0, 1'000'000}, "The most connections from one address. 0: no limit."},
    {"limits.upstream_connections", count_value{AT(limits.upstream_connections), 1, 1'000'000}, "The most connections to the upstream, over all workers."},
    {"limits.upstream_share", share_value{AT(limits.upstream_share), 1, 100}, "The share of upstream_connections that one account may hold while less than an eighth of them are free. Requests without an account count by client address. 100%: no limit."},
    {"limits.accounts", count_value{AT(limits.accounts), 1, 10'000'000}, "The number of accounts and addresses whose connections are counted separately. Any others are counted together.", restart},
    {"limits.upstream_wait", duration_value{AT(limits.upstream_wait), 0ms, 60s}, "The longest time that a request waits for a free upstream connection. 0: it does not wait."},
    {"limits.verifications", count_value{AT(limits.verifications), 1, 10'000}, "The most simultaneous calls to Gate."},
    {"limits.verification_waiters", count_value{AT(limits.verification_waiters), 1, 1'000'000}, "The most requests that wait for a verification simultaneously."},
    {"limits.verification_queue", count_value{AT(limits.verification_queue), 0, 100'000}, "The most tokens that wait until a call for them may start. 0: none."},
    {"limits.failed_tokens", count_value{AT(limits.failed_tokens), 0, 1'000'000}, "The number of refused tokens from one address (IPv6: from one /64) within failed_tokens_window after which its unknown tokens are refused without asking Gate. Unknown are those that Gate has not accepted recently. 0: no limit."},
    {"limits.failed_tokens_window", duration_value{AT(limits.failed_tokens_window), 1s, 1h}, "The window in which failed_tokens are counted."},
    {"limits.failing_clients", count_value{AT(limits.failing_clients), 1, 1'000'000}, "The number of addresses for which refused tokens are counted.", restart},
};
// clang-format on

#undef AT
#undef TLS_CERTIFICATES
#undef TLS_MIN_VERSION
#undef TLS_OF_LISTENER

}  // namespace

std::string_view option::section() const {
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view option::name() const {
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

bool option::is_list() const {
    return std::holds_alternative<text_list>(kind) || std::holds_alternative<network_list>(kind) ||
           std::holds_alternative<certificate_list>(kind);
}

std::span<const option> all_options() {
    return table;
}

const option* find_option(std::string_view path) {
    const auto found =
        std::find_if(std::begin(table), std::end(table), [&](const option& o) { return o.path == path; });
    return found == std::end(table) ? nullptr : found;
}

std::string variable_of(const option& which) {
    std::string out = "GATE_SIDECAR_";
    for (const char c : which.path) out += c == '.' ? '_' : core::to_upper(c);
    return out;
}

}  // namespace gate::config
