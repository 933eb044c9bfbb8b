#include "field_line.hpp"
#include "field_names.hpp"

#include <gate/http/trailers.hpp>

#include <algorithm>
#include <array>

namespace gate::http {
namespace {

// Besides the fields that have a field_id, none of which belongs in trailers.
constexpr std::array<std::string_view, 36> forbidden{"accept-ranges",
                                                     "age",
                                                     "alt-svc",
                                                     "authentication-info",
                                                     "cache-control",
                                                     "clear-site-data",
                                                     "content-encoding",
                                                     "content-language",
                                                     "content-location",
                                                     "content-range",
                                                     "content-type",
                                                     "cookie",
                                                     "date",
                                                     "expires",
                                                     "if-match",
                                                     "if-modified-since",
                                                     "if-none-match",
                                                     "if-range",
                                                     "if-unmodified-since",
                                                     "last-modified",
                                                     "location",
                                                     "max-forwards",
                                                     "pragma",
                                                     "proxy-authentication-info",
                                                     "range",
                                                     "refresh",
                                                     "retry-after",
                                                     "sec-websocket-accept",
                                                     "sec-websocket-extensions",
                                                     "sec-websocket-protocol",
                                                     "set-cookie",
                                                     "strict-transport-security",
                                                     "tracestate",
                                                     "vary",
                                                     "via",
                                                     "warning"};

bool is_permitted(std::string_view name) {
    static const identity_names identity;
    if (classify_request_field(name, identity) != field_id::other) return false;
    return std::none_of(forbidden.begin(), forbidden.end(),
                        [name](std::string_view refused) { return folds_to(name, refused); });
}

}  // namespace

void append_permitted_trailers(std::string_view section, std::string& out) {
    const char* p = section.data();
    const char* const end = p + section.size();
    while (p != end) {
        field f;
        p = read_field_line(p, end, f);
        if (p == nullptr) return;
        if (is_permitted(f.name)) out.append(f.line);
    }
}

}  // namespace gate::http
