// What the echo shows of a request.
#include <gate/app/echo_server.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/core/text.hpp>
#include <gate/core/token_mask.hpp>

#include <string_view>

namespace gate::app {
namespace {

// Any value may be somebody's secret: what proxies on the way add for the API alone has many names.
std::string shown_value(std::string_view value) {
    return "*** (" + std::to_string(value.size()) + " bytes)";
}

void put_list(std::string_view names, core::json_writer& to) {
    while (!names.empty()) {
        const auto comma = names.find(", ");
        to.value(std::string_view(core::without_tokens(names.substr(0, comma))));
        names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 2);
    }
}

}  // namespace

std::string shown_request(const boost::beast::http::request_header<>& head) {
    constexpr const char* removed = "X-Gate-Removed";
    core::json_writer to;
    to.begin_object();
    const auto method = head.method_string();
    to.member("method", std::string_view(core::without_tokens({method.data(), method.size()})));
    to.name("fields");
    to.begin_array();
    for (const auto& each : head) {
        const std::string name(each.name_string());
        if (core::iequals(name, removed)) continue;
        to.begin_array();
        to.value(std::string_view(core::without_tokens(name)));
        to.value(std::string_view(shown_value({each.value().data(), each.value().size()})));
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
