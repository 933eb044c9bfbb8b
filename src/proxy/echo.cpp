#include <gate/proxy/echo.hpp>

namespace gate::proxy {
namespace {

// The last but `from_end` of the segments of a path; empty: there are not so many.
std::string_view segment_of(std::string_view path, std::size_t from_end) noexcept {
    for (;; --from_end) {
        const auto slash = path.rfind('/');
        if (slash == std::string_view::npos) return {};
        if (from_end == 0) return path.substr(slash + 1);
        path.remove_suffix(path.size() - slash);
    }
}

}  // namespace

echo::echo(core::secret_string nonce, upstream_place way)
    : nonce_(std::move(nonce)),
      way_(std::move(way)),
      open_(auth::access_policy::open_to_all()),
      closed_(auth::access_policy::token_for_all({})) {}

bool echo::is_for(std::string_view path) const {
    if (segment_of(path, 2) != segment) return false;
    const auto shown = segment_of(path, 1);
    return shown.size() == nonce_size && nonce_ == core::secret_string(std::string(shown));
}

const auth::access_policy& echo::policy_for(std::string_view path) const noexcept {
    return segment_of(path, 0) == refused ? closed_ : open_;
}

auth::bearer echo::shown_to(std::string_view path, const auth::bearer& shown) const noexcept {
    const bool would_be_verified = shown.kind == auth::token_kind::agent && &policy_for(path) == &closed_;
    return would_be_verified ? auth::bearer{} : shown;
}

std::string removed_line(const http::request_head& head) {
    std::string out;
    for (const auto& field : head.fields) {
        if (field.id != http::field_id::identity) continue;
        out.append(out.empty() ? "X-Gate-Removed: " : ", ").append(field.name);
    }
    return out.empty() ? out : out += "\r\n";
}

}  // namespace gate::proxy
