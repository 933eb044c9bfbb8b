#include <gate/answer/original_request.hpp>
#include <gate/core/text.hpp>
#include <gate/http/folded_names.hpp>

#include <optional>

namespace gate::answer {
namespace {

using core::reason;
using http::target_form;

// A field as the proxy should have sent it: exactly one, or none.
struct single_field {
    std::string_view value;
    bool is_there = false;
    bool is_doubled = false;
};

// Another spelling of the name is a second field: the proxy may have taken it for the same, or not.
single_field find_single(const http::request_facts& asking, std::string_view name) noexcept {
    single_field out;
    for (const auto& field : asking.head.fields) {
        if (!http::folds_to(field.name, name)) continue;
        const bool is_it = core::iequals(field.name, name);
        out.is_doubled = out.is_doubled || out.is_there || !is_it;
        out.is_there = true;
        out.value = field.value;
    }
    return out;
}

// The host that a field says; nothing: it is doubled, or malformed.
std::optional<std::string_view> read_forwarded_host(const http::request_facts& asking) noexcept {
    const auto host = find_single(asking, "x-forwarded-host");
    if (!host.is_there) return std::string_view();
    if (host.is_doubled || !http::is_usable_host(host.value)) return std::nullopt;
    return host.value;
}

core::result<original_request> read_named(std::string_view method, std::string_view target,
                                          std::string_view host, const original_limits& limits) {
    const auto named = http::read_named_request(method, target, limits.target_length);
    if (!named) return reason::original_missing;
    return original_request{named->method_name, named->verb, named->target, host};
}

// `behind` begins with '/', or is a query, or nothing.
core::result<original_request> read_behind(const http::request_facts& asking, std::string_view behind,
                                           const original_limits& limits) {
    const bool has_path = behind.starts_with('/');
    auto out = read_named(asking.head.method_name, has_path ? behind : "/", asking.host, limits);
    if (!out || has_path || behind.empty()) return out;
    out->target.forwarded = behind;
    out->target.slash = true;
    return out;
}

core::result<original_request> read_x_forwarded(const http::request_facts& asking,
                                                const original_limits& limits) {
    const auto method = find_single(asking, "x-forwarded-method");
    const auto target = find_single(asking, "x-forwarded-uri");
    const auto host = read_forwarded_host(asking);
    if (method.is_doubled || target.is_doubled || !host) return reason::original_missing;
    auto out = read_named(method.value, target.value, *host, limits);
    if (out && out->target.form == target_form::absolute) return reason::original_missing;
    return out;
}

core::result<original_request> read_x_original(const http::request_facts& asking,
                                               const original_limits& limits) {
    const auto method = find_single(asking, "x-original-method");
    const auto uri = find_single(asking, "x-original-uri");
    const auto url = find_single(asking, "x-original-url");
    const auto host = read_forwarded_host(asking);
    if (method.is_doubled || uri.is_doubled || url.is_doubled || uri.is_there == url.is_there || !host)
        return reason::original_missing;
    auto out = read_named(method.value, url.is_there ? url.value : uri.value, *host, limits);
    if (!out) return out;
    if ((out->target.form == target_form::absolute) != url.is_there) return reason::original_missing;
    if (url.is_there) out->host = out->target.authority;
    return out;
}

}  // namespace

core::result<original_request> read_original(const http::request_facts& asking, std::string_view behind,
                                             config::original_source from, const original_limits& limits) {
    core::result<original_request> out = reason::original_missing;
    switch (from) {
        case config::original_source::none: break;
        case config::original_source::path: out = read_behind(asking, behind, limits); break;
        case config::original_source::x_forwarded: out = read_x_forwarded(asking, limits); break;
        case config::original_source::x_original: out = read_x_original(asking, limits); break;
    }
    if (out && limits.needs_host && out->host.empty()) return reason::original_missing;
    return out;
}

}  // namespace gate::answer
