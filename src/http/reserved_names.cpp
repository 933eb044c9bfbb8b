#include "chars.hpp"
#include "field_names.hpp"
#include "watched_names.hpp"

#include <gate/http/head_parser.hpp>
#include <gate/http/rerouting.hpp>
#include <gate/http/reserved_names.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace gate::http {
namespace {

constexpr watched_name rerouting(std::string_view folded) {
    return {folded, field_id::rerouting, field_id::rerouting};
}
constexpr watched_name client_ip(std::string_view folded) {
    return {folded, field_id::client_ip, field_id::x_forwarded_other};
}

constexpr std::array watched{
    watched_name{"content-length", field_id::content_length, framing_lookalike},
    watched_name{"transfer-encoding", field_id::transfer_encoding, framing_lookalike},
    watched_name{"x-real-ip", field_id::x_real_ip, field_id::x_forwarded_other},
    watched_name{"x-request-id", field_id::x_request_id, field_id::x_forwarded_other},
    client_ip("appengine-user-ip"),
    client_ip("cf-connecting-ip"),
    client_ip("cf-connecting-ipv6"),
    client_ip("cf-pseudo-ipv4"),
    client_ip("client-ip"),
    client_ip("do-connecting-ip"),
    client_ip("fastly-client-ip"),
    client_ip("fly-client-ip"),
    client_ip("forwarded-for"),
    client_ip("true-client-ip"),
    client_ip("x-appengine-user-ip"),
    client_ip("x-azure-clientip"),
    client_ip("x-client-ip"),
    client_ip("x-cluster-client-ip"),
    client_ip("x-envoy-external-address"),
    client_ip("x-forwarded"),
    client_ip("x-original-forwarded-for"),
    rerouting(rerouting_names[0]),
    rerouting(rerouting_names[1]),
    rerouting(rerouting_names[2]),
    rerouting(rerouting_names[3]),
    rerouting(rerouting_names[4]),
    rerouting(rerouting_names[5]),
};

constexpr std::string_view reserved[] = {
    // framing, and what is for one connection only
    "connection", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
    // who asks whom, and how far
    "authorization", "expect", "host", "max-forwards", "proxy-authenticate", "proxy-authorization", "via",
    "www-authenticate",
    // what those in front of us say
    "forwarded", "x-forwarded-by", "x-forwarded-client-cert", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-method", "x-forwarded-path", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto",
    "x-forwarded-protocol", "x-forwarded-scheme", "x-forwarded-server", "x-forwarded-ssl", "x-forwarded-uri",
    "x-original-host",
    // what we say besides the identity
    "traceparent", "tracestate", "x-gate-assertion", "x-gate-verification",
    // what every API reads
    "accept-encoding", "age", "cache-control", "content-encoding", "content-range", "content-type", "cookie",
    "date", "range", "set-cookie", "user-agent"};

// By size: bit i is set when a watched name begins with the letter of which the lower five bits are i.
constexpr auto first_letters = [] {
    std::array<std::uint32_t, 32> out{};
    for (const auto& each : watched) out.at(each.folded.size()) |= 1U << (each.folded[0] & 31);
    return out;
}();

bool may_be_watched(std::string_view name) noexcept {
    return name.size() < first_letters.size() && ((first_letters[name.size()] >> (name[0] & 31)) & 1U) != 0;
}

[[gnu::noinline]] field_id find_watched(std::string_view name) noexcept {
    for (const auto& each : watched)
        if (folds_to(name, each.folded)) return core::iequals(name, each.folded) ? each.id : each.lookalike;
    return field_id::other;
}

}  // namespace

std::span<const watched_name> watched_names() noexcept {
    return watched;
}

field_id classify_watched(std::string_view name) noexcept {
    return may_be_watched(name) ? find_watched(name) : field_id::other;
}

bool is_reserved_name(std::string_view name) noexcept {
    const auto is_it = [name](std::string_view folded) { return folds_to(name, folded); };
    return std::any_of(std::begin(reserved), std::end(reserved), is_it) ||
           std::any_of(watched.begin(), watched.end(), [&](const auto& each) { return is_it(each.folded); });
}

}  // namespace gate::http
