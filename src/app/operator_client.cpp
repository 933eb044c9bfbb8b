#include <gate/app/operator_client.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/verify/connection.hpp>
#include <gate/verify/deadline.hpp>

#include <boost/asio/ip/address.hpp>
#include <rapidjson/document.h>

namespace gate::app {
namespace {

core::secret_string request_of(std::string_view path, const core::secret_string& admin_token,
                               const core::secret_string& body) {
    const auto length = std::to_string(body.reveal().size());
    std::string text;
    // The text is allocated in one step: growing would leave copies of the secrets in freed memory.
    text.reserve(path.size() + admin_token.reveal().size() + body.reveal().size() + 256);
    text.append("POST ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    text.append("Authorization: Bearer ").append(admin_token.reveal());
    text.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(length);
    text.append("\r\n\r\n").append(body.reveal());
    return core::secret_string(std::move(text));
}

std::string message_in(const std::string& body) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(body.data(),
                                                                                           body.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("error")) return {};
    const auto& error = document["error"];
    if (!error.IsObject() || !error.HasMember("message") || !error["message"].IsString()) return {};
    return error["message"].GetString();
}

core::task<operator_answer> exchange(core::executor executor, core::tcp::endpoint to,
                                     core::secret_string request, core::time_point deadline) {
    operator_answer out;
    auto connection = std::make_unique<verify::connection>(executor, nullptr, to.address().to_string());
    verify::socket_deadline limit(executor);
    limit.arm(deadline, connection->socket());
    const auto failure = co_await connection->open(to);
    if (failure) co_return out;
    auto quiet = co_await verify::quiet_connection::settle(std::move(connection), deadline);
    if (!quiet) co_return out;
    auto got = co_await verify::quiet_connection::ask(std::move(*quiet), request.reveal());
    limit.disarm();
    if (got.failure) co_return out;
    out.status = static_cast<int>(got.head.result_int());
    out.body = std::move(got.body);
    out.message = message_in(out.body);
    co_return out;
}

}  // namespace

core::tcp::endpoint reachable(const config::endpoint& where) {
    auto address = boost::asio::ip::make_address(where.host);
    if (address.is_unspecified()) {
        if (address.is_v4()) {
            address = boost::asio::ip::address_v4::loopback();
        } else {
            address = boost::asio::ip::address_v6::loopback();
        }
    }
    return {address, where.port};
}

operator_answer post_to_admin(const config::endpoint& where, const core::secret_string& admin_token,
                              std::string_view path, const core::secret_string& body,
                              core::time_point deadline) {
    core::asio::io_context context{1};
    auto request = request_of(path, admin_token, body);
    return run_to_end(context,
                      exchange(context.get_executor(), reachable(where), std::move(request), deadline));
}

}  // namespace gate::app
