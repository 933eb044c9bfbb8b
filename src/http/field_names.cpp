#include "field_names.hpp"

#include "chars.hpp"
#include "watched_names.hpp"

#include <cstring>

namespace gate::http {
namespace {

template <class Word>
bool same_word(const char* name, const char* literal) noexcept {
    Word a;
    Word b;
    std::memcpy(&a, name, sizeof a);
    std::memcpy(&b, literal, sizeof b);
    constexpr auto case_bits = static_cast<Word>(0x2020202020202020ULL);
    return static_cast<Word>(a | case_bits) == b;
}

// Compares a token of N-1 bytes with a literal of lower-case letters, digits and hyphens. Setting the case
// bit is exact: the bytes that it would confuse with those are no token characters.
template <std::size_t N>
bool is(std::string_view name, const char (&literal)[N]) noexcept {
    constexpr std::size_t size = N - 1;
    const char* p = name.data();
    if constexpr (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8)
            if (!same_word<std::uint64_t>(p + i, literal + i)) return false;
        return same_word<std::uint64_t>(p + size - 8, literal + size - 8);
    } else if constexpr (size >= 4) {
        return same_word<std::uint32_t>(p, literal) &&
               same_word<std::uint32_t>(p + size - 4, literal + size - 4);
    } else {
        static_assert(size == 2);
        return same_word<std::uint16_t>(p, literal);
    }
}

bool begins_with_x(std::string_view name) noexcept {
    return (name[0] | 0x20) == 'x';
}

bool begins_with_folded(std::string_view name, std::string_view folded_prefix) noexcept {
    return name.size() >= folded_prefix.size() &&
           folds_to(name.substr(0, folded_prefix.size()), folded_prefix);
}

field_id classify_x(std::string_view name) noexcept {
    switch (name.size()) {
        case 9: return is(name, "x-real-ip") ? field_id::x_real_ip : field_id::other;
        case 12: return is(name, "x-request-id") ? field_id::x_request_id : field_id::other;
        case 15: return is(name, "x-forwarded-for") ? field_id::x_forwarded_for : field_id::other;
        case 16: return is(name, "x-forwarded-host") ? field_id::x_forwarded_host : field_id::other;
        case 17: return is(name, "x-forwarded-proto") ? field_id::x_forwarded_proto : field_id::other;
        default: return field_id::other;
    }
}

field_id classify_short(std::string_view name) noexcept {
    switch (name.size()) {
        case 2: return is(name, "te") ? field_id::te : field_id::other;
        case 4:
            if (is(name, "host")) return field_id::host;
            return is(name, "date") ? field_id::date : field_id::other;
        case 6: return is(name, "expect") ? field_id::expect : field_id::other;
        case 7:
            if (is(name, "upgrade")) return field_id::upgrade;
            return is(name, "trailer") ? field_id::trailer : field_id::other;
        case 9: return is(name, "forwarded") ? field_id::forwarded : field_id::other;
        case 10:
            if (is(name, "connection")) return field_id::connection;
            if (is(name, "user-agent")) return field_id::user_agent;
            if (is(name, "tracestate")) return field_id::tracestate;
            return is(name, "keep-alive") ? field_id::keep_alive : field_id::other;
        default: return field_id::other;
    }
}

field_id classify_long(std::string_view name) noexcept {
    switch (name.size()) {
        case 12: return is(name, "max-forwards") ? field_id::max_forwards : field_id::other;
        case 11: return is(name, "traceparent") ? field_id::traceparent : field_id::other;
        case 13: return is(name, "authorization") ? field_id::authorization : field_id::other;
        case 14:
            if (is(name, "content-length")) return field_id::content_length;
            return is(name, "http2-settings") ? field_id::http2_settings : field_id::other;
        case 16:
            if (is(name, "www-authenticate")) return field_id::www_authenticate;
            return is(name, "proxy-connection") ? field_id::proxy_connection : field_id::other;
        case 17: return is(name, "transfer-encoding") ? field_id::transfer_encoding : field_id::other;
        case 18: return is(name, "proxy-authenticate") ? field_id::proxy_authenticate : field_id::other;
        case 19: return is(name, "proxy-authorization") ? field_id::proxy_authorization : field_id::other;
        default: return field_id::other;
    }
}

}  // namespace

bool folds_to(std::string_view name, std::string_view lower_name) noexcept {
    if (name.size() != lower_name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (fold(name[i]) != lower_name[i]) return false;
    return true;
}

field_id classify_field(std::string_view name) noexcept {
    if (begins_with_x(name)) return classify_x(name);
    return name.size() <= 10 ? classify_short(name) : classify_long(name);
}

field_id classify_request_field(std::string_view name, const identity_names& identity) noexcept {
    if (identity.matches(name)) return field_id::identity;
    const field_id id = classify_field(name);
    if (id != field_id::other) return id;
    if (begins_with_x(name) && begins_with_folded(name, "x-forwarded-")) return field_id::x_forwarded_other;
    return classify_watched(name);
}

identity_names::identity_names(std::string_view configured) : folded_(configured) {
    for (char& c : folded_) c = fold(c);
    if (begins_with_folded(folded_, family)) folded_.clear();
}

bool identity_names::matches(std::string_view name) const noexcept {
    if (name.size() >= family.size() && begins_with_x(name) && begins_with_folded(name, family)) return true;
    return !folded_.empty() && folds_to(name, folded_);
}

}  // namespace gate::http
