// What the echo shows of a request.
#include <gate/app/echo_server.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/core/text.hpp>
#include <gate/core/token_mask.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace gate::app {
namespace {

// What could be used elsewhere, if it were read over somebody's shoulder.
constexpr std::array<std::string_view, 6> secret_names{"authorization",    "proxy-authorization",
                                                       "cookie",           "x-api-key",
                                                       "x-amzn-oidc-data", "x-forwarded-client-cert"};

bool is_secret(std::string_view name) {
    return std::ranges::any_of(secret_names, [&](auto each) { return core::iequals(name, each); });
}

std::string shown_value(std::string_view name, std::string_view value) {
    if (is_secret(name)) return "*** (" + std::to_string(value.size()) + " bytes)";
    return core::without_tokens(value);
}

void put_list(std::string_view names, core::json_writer& to) {
    while (!names.empty()) {
        const auto comma = names.find(", ");
        to.value(names.substr(0, comma));
        names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 2);
    }
}

}  // namespace

std::string shown_request(const boost::beast::http::request_header<>& head) {
    constexpr const char* removed = "X-Gate-Removed";
    core::json_writer to;
    to.begin_object();
    const auto method = head.method_string();
    to.member("method", std::string_view(method.data(), method.size()));
    to.name("fields");
    to.begin_array();
    for (const auto& each : head) {
        const std::string name(each.name_string());
        if (core::iequals(name, removed)) continue;
        to.begin_array();
        to.value(std::string_view(name));
        to.value(std::string_view(shown_value(name, std::string(each.value()))));
        to.end_array();
    }
    to.end_array();
    to.name("removed");
    to.begin_array();
    put_list(std::string(head[removed]), to);
    to.end_array();
    to.end_object();
    return std::string(to.text()) + "\n";
}

}  // namespace gate::app
