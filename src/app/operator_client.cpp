#include <gate/app/operator_client.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/client/http_client.hpp>

#include <boost/asio/ip/address.hpp>
#include <rapidjson/document.h>

#include <array>
#include <utility>

namespace gate::app {
namespace {

std::string message_in(const std::string& body) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(body.data(),
                                                                                           body.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("error")) return {};
    const auto& error = document["error"];
    if (!error.IsObject() || !error.HasMember("message") || !error["message"].IsString()) return {};
    return error["message"].GetString();
}

operator_answer call_here(const config::listen_address& where, const client::request& what,
                          client::clear_text plain, core::time_point deadline) {
    operator_answer out;
    const auto to = reachable(where);
    if (!to) return out;
    core::asio::io_context context{1};
    client::client_options options;
    options.max_idle = 0;
    options.plain = plain;
    client::http_client here(context.get_executor(), *to, nullptr, options);
    auto came = run_to_end(context, here.call(what, deadline));
    if (came.problem.kind != client::failure::none) return out;
    out.status = came.answer.status();
    out.status_line = "HTTP/1.1 " + std::to_string(out.status) + " " + std::string(came.answer.head.reason());
    out.body = std::move(came.answer.body);
    return out;
}

}  // namespace

std::optional<config::url> reachable(const config::listen_address& where) {
    if (where.is_from_systemd()) return std::nullopt;
    if (where.is_socket()) return config::url{false, "localhost", 80, "", where.socket};
    auto address = boost::asio::ip::make_address(where.host);
    if (address.is_unspecified()) {
        if (address.is_v4()) {
            address = boost::asio::ip::address_v4::loopback();
        } else {
            address = boost::asio::ip::address_v6::loopback();
        }
    }
    return config::url{false, address.to_string(), where.port, ""};
}

operator_answer ask_admin(const config::listen_address& where, const core::secret_string& admin_token,
                          std::string_view method, std::string_view path, const core::secret_string& body,
                          core::time_point deadline) {
    const std::array<client::field, 2> fields{
        {{"Connection", "close"}, {"Content-Type", "application/json"}}};
    const client::request what{.method = method,
                               .target = path,
                               .bearer = admin_token.reveal(),
                               .fields = fields,
                               .body = body.reveal()};
    auto out = call_here(where, what, client::clear_text::loopback_only, deadline);
    out.message = message_in(out.body);
    return out;
}

operator_answer ask_readiness(const config::listen_address& where, core::time_point deadline) {
    const std::array<client::field, 1> fields{{{"Connection", "close"}}};
    const client::request what{.target = "/readyz", .fields = fields};
    return call_here(where, what, client::clear_text::anywhere, deadline);
}

}  // namespace gate::app
