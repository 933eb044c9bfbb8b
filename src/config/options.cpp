#include <gate/config/options.hpp>
#include <gate/config/rules.hpp>

#include <algorithm>
#include <array>
#include <type_traits>

namespace gate::config {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

constexpr std::array<std::string_view, 2> auth_modes{"required", "optional"};
constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> log_formats{"json", "text"};

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

#define AT(member) ([](auto& c) -> auto& { return c.member; })

// clang-format off
constexpr option table[] = {
    {"listener.address", endpoint_value{AT(listener.address)}, "Where requests come in.", restart},
    {"status.address", endpoint_value{AT(status.address)}, "Serves /livez, /readyz and /metrics and nothing else.", restart},
    {"admin.address", endpoint_value{AT(admin.address)}, "Operating endpoints; keep it on the loopback.", restart},
    {"admin.token_file", text_value{AT(admin.token_file), check_file_name, "a file"}, "Holds the admin token; empty: the environment variable GATE_SIDECAR_ADMIN_TOKEN does; without a token, nothing that changes state is served."},
    {"admin.hosts", text_list{AT(admin.hosts), check_host_name, "a list of host names"}, "Names by which the admin listener may be asked, besides addresses and localhost; others are refused (DNS rebinding)."},

    {"upstream.url", url_value{AT(upstream.target), check_upstream_url}, "The protected API: http only, no path."},
    {"upstream.forward_token", boolean_value{AT(upstream.forward_token)}, "Leave the verified token in the request that the upstream gets."},
    {"upstream.connect_timeout", duration_value{AT(upstream.connect_timeout), 1ms, 60s}, "For one connection to the upstream to come about."},
    {"upstream.response_timeout", duration_value{AT(upstream.response_timeout), 0ms, 1h}, "Until the head of the response has come; 0: no limit."},
    {"upstream.idle_timeout", duration_value{AT(upstream.idle_timeout), 0ms, 1h}, "An unused connection is closed after this; keep it below the upstream's own; 0: no connection is kept."},

    {"gate.base_url", url_value{AT(gate.base_url), check_gate_url}, "Gate: https, plain http for the loopback only.", restart},
    {"gate.verify_path", text_value{AT(gate.verify_path), check_path, "a path"}, "Where tokens are verified, below base_url."},
    {"gate.revoke_path", text_value{AT(gate.revoke_path), check_path, "a path"}, "Where tokens are revoked, below base_url."},
    {"gate.token_field", text_value{AT(gate.token_field), check_member_name, "a name"}, "The JSON member that carries the token."},
    {"gate.secret_key_file", text_value{AT(gate.secret_key_file), check_file_name, "a file"}, "Holds the secret key; empty: the environment variable FOIL_SECRET_KEY does."},
    {"gate.timeout", duration_value{AT(gate.timeout), 10ms, 60s}, "For one whole call to Gate, connection included."},
    {"gate.ca_file", text_value{AT(gate.ca_file), check_file_name, "a file"}, "Certificate authorities to trust for Gate, in PEM; empty: the system's."},
    {"gate.budget.limit", count_value{AT(gate.budget.limit), 1, 1'000'000}, "Calls per window that Gate allows the whole organization; what Gate's answers say counts more."},
    {"gate.budget.window", duration_value{AT(gate.budget.window), 1s, 1h}, "That window; it is rolling."},
    {"gate.budget.unknown", count_value{AT(gate.budget.unknown), 1, 1'000'000}, "Of these calls, for tokens that Gate turns out to refuse, at most; fewer where less is left."},
    {"gate.circuit.failures", count_value{AT(gate.circuit.failures), 1, 1000}, "Calls in a row that fail, or are slow, until Gate is left alone for a while."},
    {"gate.circuit.slow_after", duration_value{AT(gate.circuit.slow_after), 10ms, 60s}, "A call that takes longer is slow."},
    {"gate.circuit.probe_interval", duration_value{AT(gate.circuit.probe_interval), 100ms, 60s}, "Between two calls that try whether Gate is back."},

    {"cache.ttl", duration_value{AT(cache.ttl), 0ms, 1h}, "How long an accepted token is believed at most; 0: nothing is cached."},
    {"cache.negative_ttl", duration_value{AT(cache.negative_ttl), 0ms, 1h}, "How long a refused token is refused without asking again; 0: refusals are not cached."},
    {"cache.max_entries", count_value{AT(cache.max_entries), 1, 10'000'000}, "Accepted tokens that are remembered.", restart},
    {"cache.max_negative_entries", count_value{AT(cache.max_negative_entries), 1, 10'000'000}, "Refused tokens that are remembered, in a store of their own.", restart},
    {"cache.obey_no_store", boolean_value{AT(cache.obey_no_store)}, "Do not cache answers that Gate marks no-store, no-cache or private."},
    {"cache.refresh_ahead", boolean_value{AT(cache.refresh_ahead)}, "Ask again for a token in use before its TTL ends, while calls are plentiful."},
    {"cache.grace", duration_value{AT(cache.grace), 0ms, 1h}, "An accepted token outlives its TTL by this while Gate cannot answer; 0: not at all."},
    {"cache.verify_streams", boolean_value{AT(cache.verify_streams)}, "Exchanges that outlive the TTL are verified again, and ended once the token is refused."},
    {"cache.stream_max_unverified", duration_value{AT(cache.stream_max_unverified), 0ms, 24h}, "They last this long beyond the TTL while Gate cannot answer; 0: not at all."},

    {"auth.header_name", text_value{AT(auth.header_name), check_header_name, "a field name"}, "Carries the account to the upstream; nobody else can set it."},
    {"auth.mode", choice(AT(auth.mode), auth_modes), "Whether a request without an agt_ token is refused, or passed on without an identity."},
    {"auth.public_paths", text_list{AT(auth.public_paths), check_path, "a list of paths"}, "Exact paths that need no token, such as the API's health check."},

    {"forwarded.trusted_proxies", network_list{AT(forwarded.trusted_proxies)}, "Addresses whose X-Forwarded-* fields are believed, and whose True-Client-IP, CF-Connecting-IP, X-Client-IP and Client-IP are passed on."},
    {"forwarded.pass", text_list{AT(forwarded.pass), check_passed_name, "a list of X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, X-Original-URL, X-Original-URI and X-Rewrite-URL"}, "Fields that ask the upstream for another path or method, and are passed on; the others of them are removed. A request with one gets no public path."},

    {"workers", workers_value{AT(workers), 256}, "Threads that serve; auto: the CPU quota, rounded up.", restart},

    {"log.level", choice(AT(log.level), log_levels), "The least important lines that are written."},
    {"log.format", choice(AT(log.format), log_formats), "One JSON object a line, or text for people."},
    {"log.access", boolean_value{AT(log.access)}, "Write one line for each request."},

    {"shutdown.delay", duration_value{AT(shutdown.delay), 0ms, 10min}, "Not ready but still accepting, so that balancers look away; 0: close at once."},
    {"shutdown.grace", duration_value{AT(shutdown.grace), 0ms, 1h}, "Running exchanges may finish within this; 0: they are cut at once."},

    {"limits.head_size", size_value{AT(limits.head_size), kib, 64 * kib}, "A request or response head."},
    {"limits.fields", count_value{AT(limits.fields), 1, 1000}, "Header fields in a head."},
    {"limits.target_length", size_value{AT(limits.target_length), 64, 64 * kib}, "A request target."},
    {"limits.chunk_extension", size_value{AT(limits.chunk_extension), 0, 4 * kib}, "The extensions of one chunk; 0: none are accepted."},
    {"limits.trailer_size", size_value{AT(limits.trailer_size), 0, 64 * kib}, "A trailer section; 0: none are accepted."},
    {"limits.drain", size_value{AT(limits.drain), 0, 16 * mib}, "Unread request body that is thrown away to keep a connection; 0: it is closed instead."},
    {"limits.header_timeout", duration_value{AT(limits.header_timeout), 10ms, 10min}, "From the first byte of a head to its last."},
    {"limits.body_timeout", duration_value{AT(limits.body_timeout), 0ms, 1h}, "Without a byte of a request body, or without one being taken by whoever is sent a body; 0: no limit."},
    {"limits.body_rate", byte_rate_value{AT(limits.body_rate), 0, 1024 * mib}, "The average rate at which a client must send a body or take a response, counted while it is waited for, looked at after body_timeout (30s where that is 0) of waiting; not for WebSockets, nor for responses with events or gRPC; 0: no limit."},
    {"limits.stream_idle_timeout", duration_value{AT(limits.stream_idle_timeout), 0ms, 24h}, "Without a byte from the upstream in the middle of a response, or in either direction of an upgraded connection; 0: no limit."},
    {"limits.websocket_lifetime", duration_value{AT(limits.websocket_lifetime), 0ms, 168h}, "Then an upgraded connection is ended, with close code 1001; 0: no limit."},
    {"limits.keep_alive_timeout", duration_value{AT(limits.keep_alive_timeout), 0ms, 1h}, "Between two requests; 0: no keep-alive."},
    {"limits.requests_per_connection", count_value{AT(limits.requests_per_connection), 0, 1'000'000'000}, "Then a connection is closed; 0: no limit."},
    {"limits.connections", count_value{AT(limits.connections), 1, 1'000'000}, "From downstream, over all workers."},
    {"limits.connections_per_client", count_value{AT(limits.connections_per_client), 0, 1'000'000}, "From one address; 0: no limit."},
    {"limits.upstream_connections", count_value{AT(limits.upstream_connections), 1, 1'000'000}, "To the upstream, over all workers."},
    {"limits.upstream_share", share_value{AT(limits.upstream_share), 1, 100}, "Of those, what one account (or one client address without an account) may hold while fewer than an eighth are free; 100%: no limit."},
    {"limits.accounts", count_value{AT(limits.accounts), 1, 10'000'000}, "Accounts and addresses that are counted so; those that find no place are counted together, as one.", restart},
    {"limits.upstream_wait", duration_value{AT(limits.upstream_wait), 0ms, 60s}, "For one of those to come free; 0: no waiting."},
    {"limits.verifications", count_value{AT(limits.verifications), 1, 10'000}, "Calls to Gate that are under way at once."},
    {"limits.verification_waiters", count_value{AT(limits.verification_waiters), 1, 1'000'000}, "Requests that wait for one of them."},
    {"limits.verification_queue", count_value{AT(limits.verification_queue), 0, 100'000}, "Tokens that wait until a call may start; 0: none."},
    {"limits.failed_tokens", count_value{AT(limits.failed_tokens), 0, 1'000'000}, "Refused tokens from one address (IPv6: from one /64), until others that Gate has not accepted lately are refused unasked; 0: no limit."},
    {"limits.failed_tokens_window", duration_value{AT(limits.failed_tokens_window), 1s, 1h}, "For that many."},
    {"limits.failing_clients", count_value{AT(limits.failing_clients), 1, 1'000'000}, "Addresses for which they are counted.", restart},
};
// clang-format on

#undef AT

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
    return std::holds_alternative<text_list>(kind) || std::holds_alternative<network_list>(kind);
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
    for (const char c : which.path) {
        out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

}  // namespace gate::config
