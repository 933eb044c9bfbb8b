#include "auth_page.hpp"

#include <gate/auth/discovery_documents.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/core/reason_text.hpp>

#include <array>

namespace gate::auth {
namespace {

using core::reason;

constexpr std::string_view metadata_place = "/.well-known/oauth-protected-resource";
constexpr std::string_view page_place = "/auth.md";
constexpr std::string_view errors_place = "/errors/";

// "" or "/v1"
std::string path_of(const std::string& url) {
    const auto host = url.find("://") + 3;
    return url.substr(std::min(url.find('/', host), url.size()));
}

http::error_links links_of(const config::discovery_options& options, const std::string& base) {
    const auto& url = options.public_url;
    const auto origin = url.substr(0, url.size() - base.size());
    return {.errors = url + std::string(errors_place),
            .resource_metadata = origin + std::string(metadata_place) + base,
            .sign_up_command = "npx signup " + options.service_id,
            .documentation =
                options.documentation.empty() ? url + std::string(page_place) : options.documentation};
}

// RFC 9728 2.
std::string metadata_of(const config::discovery_options& options, const http::error_links& links) {
    core::json_writer to;
    to.begin_object();
    to.member("resource", options.public_url);
    if (!options.name.empty()) to.member("resource_name", options.name);
    to.list("bearer_methods_supported", std::array{"header"});
    to.member("resource_documentation", links.documentation);
    to.end_object();
    return std::string(to.text()) + '\n';
}

std::vector<http::page> error_pages() {
    std::vector<http::page> out;
    for (std::size_t i = 1; i < core::reason_count; ++i) {
        const std::array<reason, 1> one{static_cast<reason>(i)};
        out.push_back({"text/plain; charset=utf-8", core::text_table(one)});
    }
    return out;
}

}  // namespace

discovery_documents::discovery_documents(const config::discovery_options& options) : is_on_(options.is_on()) {
    if (!is_on_) return;
    base_ = path_of(options.public_url);
    metadata_path_ = std::string(metadata_place) + base_;
    links_ = links_of(options, base_);
    metadata_ = {"application/json", metadata_of(options, links_)};
    auth_md_ = {"text/markdown; charset=utf-8", auth_page(options, links_)};
    errors_ = error_pages();
}

const http::page* discovery_documents::find(std::string_view method, std::string_view path) const noexcept {
    if (!is_on_ || (method != "GET" && method != "HEAD")) return nullptr;
    if (path == metadata_place || path == metadata_path_) return &metadata_;
    if (const auto* found = find_below(path); found != nullptr || base_.empty()) return found;
    return path.starts_with(base_) ? find_below(path.substr(base_.size())) : nullptr;
}

const http::page* discovery_documents::find_below(std::string_view path) const noexcept {
    if (path == page_place) return &auth_md_;
    if (!path.starts_with(errors_place)) return nullptr;
    const auto code = path.substr(errors_place.size());
    for (std::size_t i = 0; i < errors_.size(); ++i)
        if (core::to_string(static_cast<reason>(i + 1)) == code) return &errors_[i];
    return nullptr;
}

}  // namespace gate::auth
