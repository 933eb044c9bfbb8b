#pragma once
// Copies the fields that go on, in runs of neighbouring lines.

#include "bounded_writer.hpp"

#include <gate/core/text.hpp>
#include <gate/http/framing.hpp>
#include <gate/http/head_parser.hpp>

namespace gate::http {

constexpr std::uint32_t set_of() noexcept {
    return 0;
}
template <class... Ids>
constexpr std::uint32_t set_of(field_id first, Ids... rest) noexcept {
    return (1U << static_cast<unsigned>(first)) | set_of(rest...);
}
static_assert(static_cast<unsigned>(field_id::client_ip) < 32, "the last field_id has a bit, too");
inline bool is_in(std::uint32_t set, field_id id) noexcept {
    return ((set >> static_cast<unsigned>(id)) & 1U) != 0;
}

// For one connection only (RFC 9110 7.6.1), whatever Connection says.
inline constexpr std::uint32_t hop_by_hop_fields =
    set_of(field_id::connection, field_id::keep_alive, field_id::proxy_connection, field_id::te,
           field_id::trailer, field_id::transfer_encoding, field_id::upgrade, field_id::http2_settings);

inline bool is_named(const std::vector<std::string_view>& names, std::string_view name) noexcept {
    for (const auto& candidate : names)
        if (core::iequals(candidate, name)) return true;
    return false;
}

// Appends the lines of `fields` but those in `dropped`, and those in `removable` that `names` names.
inline void put_fields(const std::vector<field>& fields, std::uint32_t dropped, std::uint32_t removable,
                       const std::vector<std::string_view>& names, bounded_writer& out) noexcept {
    if (fields.empty()) return;
    const char* run = fields.front().line.data();
    for (const field& f : fields) {
        if (!is_in(dropped, f.id) && (names.empty() || !is_in(removable, f.id) || !is_named(names, f.name)))
            continue;
        out.put({run, static_cast<std::size_t>(f.line.data() - run)});
        run = f.line.data() + f.line.size();
    }
    const char* const end = fields.back().line.data() + fields.back().line.size();
    out.put({run, static_cast<std::size_t>(end - run)});
}

// A line of its own continues the list in the lines before it (RFC 9110 7.6.3, 5.3). It names the version
// that the message came in.
inline void put_via(unsigned minor, bounded_writer& out) noexcept {
    out.put(minor == 0 ? "Via: 1.0 gate-sidecar\r\n" : "Via: 1.1 gate-sidecar\r\n");
}

inline void put_framing(const body_framing& framing, bounded_writer& out) noexcept {
    if (framing.kind == body_kind::counted) {
        out.put("Content-Length: ");
        out.put_number(framing.length);
        out.put("\r\n");
    } else if (framing.kind == body_kind::chunked) {
        out.put("Transfer-Encoding: chunked\r\n");
    }
}

}  // namespace gate::http
