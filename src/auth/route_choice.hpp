#pragma once
// The choice for one spelling of a path: raw, or one of its readings. Pure.

#include "compiled_routes.hpp"

namespace gate::auth {

// How a path is compared with the patterns.
enum class path_form : std::uint8_t {
    raw,    // the raw path, with the patterns as they are written
    plain,  // a reading in plain form, with the patterns in plain form
    lower,  // a reading as it is but for a slash at its end: servers that do not decode once more see "%61"
            // as a segment of its own
};

// The form path_form::lower of a reading, which is in lower case.
inline std::string_view lower_form(std::string_view reading) noexcept {
    if (reading.size() > 1 && reading.back() == '/') reading.remove_suffix(1);
    return reading;
}

struct path_spelling {
    std::string_view path;
    std::string_view raw;  // the raw path of the request
    path_form form = path_form::plain;
};

struct route_choice {
    const route_rule* rule = nullptr;    // null: no route matches
    const route_rule* strict = nullptr;  // the one that `needs` comes from; null: auth.mode, or none at all
    route_access needs = route_access::none;
    bool preflight = true;
    bool in_shadow = false;
};

// Chooses at `level` and those after it. Routes in shadow are like others; in_shadow has no meaning.
//
// The best candidate of the first level that has one is chosen; best candidates of later levels whose path is
// more specific tighten it, because Host is the client's choice. Of a reading: of different patterns with the
// same form the strictest counts. A pattern that is not in plain form, and does not match the raw path
// as it is written, is *soft*: it does not count where it is looser than what the reading gets without it. So
// it tightens the next candidate, and is never chosen.
route_choice choose(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                    std::uint32_t level);

// The same for what is enforced, as if routes in shadow did not exist that are stricter than auth.mode, or
// than what is chosen without them. So a trial `deny` opens nothing, and refuses nothing. in_shadow: the
// choice is a route in shadow that no other route tightens, or no route matches and auth.shadow is set.
route_choice shadow_choice(const compiled_routes& in, const path_spelling& by, std::uint64_t method,
                           std::uint32_t level);

}  // namespace gate::auth
