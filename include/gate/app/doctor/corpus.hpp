#pragma once
// Requests that have broken proxies of this kind. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app::doctor {

// Other spellings that a receiver could take for the field `name` (rule 1), itself first: those that
// frameworks are known to fold, or with every separator that a name can have (tchar, RFC 9110 5.6.2).
enum class separators : std::uint8_t { known, all };
std::vector<std::string> spellings_of(std::string_view name, separators with = separators::known);

// Those of the name that is configured and of the usual one: the sidecar removes both.
std::vector<std::string> spellings_of_identity(std::string_view name, separators with = separators::known);

// A spelling other than `name` (letter case apart) that is unusual on the wire: with something else than
// letters, digits and '-'.
bool is_unusual(std::string_view spelling, std::string_view name) noexcept;

// A request with one unclear thing in it: no reader may read it in two ways.
struct unclear_request {
    std::string_view description;  // "Content-Length twice"
    std::string_view method;       // with the target and the version: "POST /x HTTP/1.1"
    std::string_view fields;       // "\r\n" after each
    std::string_view body{};
    bool has_host = true;  // "Host: ..." is put before the fields
};
std::span<const unclear_request> unclear_requests() noexcept;

// Those of them that are safe to send through a proxy of others: however it is read, it has the same end.
std::span<const unclear_request> harmless_unclear_requests() noexcept;

// `more`: lines to put behind Host.
std::string text_of(const unclear_request& what, std::string_view host, std::string_view more);

}  // namespace gate::app::doctor
