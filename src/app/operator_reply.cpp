#include "operator_connection.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <array>

namespace gate::app {
namespace {

namespace http = boost::beast::http;

template <class Body>
http::response<Body> head_of(const answer& what, unsigned version, bool keep_alive) {
    http::response<Body> response(static_cast<http::status>(what.reply.status), version);
    response.set(http::field::content_type, what.reply.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    if (!what.allow.empty()) response.set(http::field::allow, what.allow);
    for (const auto& [name, value] : what.reply.fields) response.set(name, value);
    response.content_length(what.reply.body.size());
    response.keep_alive(keep_alive);
    return response;
}

template <class Body>
awaitable<bool> write(operator_connection& to, http::response<Body> response) {
    const auto [ec, bytes] = co_await http::async_write(to, response, use_awaitable);
    co_return !ec && response.keep_alive();
}

}  // namespace

endpoint_reply plain(unsigned status, std::string text) {
    return {.status = status, .body = std::move(text) + '\n'};
}

awaitable<bool> send(operator_connection& to, answer what, unsigned version, bool keep_alive,
                     bool head_only) {
    if (head_only) {
        auto head = head_of<http::empty_body>(what, version, keep_alive);
        co_return co_await write(to, std::move(head));
    }
    auto response = head_of<http::string_body>(what, version, keep_alive);
    response.body() = std::move(what.reply.body);
    co_return co_await write(to, std::move(response));
}

awaitable<void> linger(operator_connection& client) {
    client.end();
    core::error_code ec;
    std::array<char, 4096> rest;
    for (int i = 0; i < 16 && !ec; ++i) {
        const auto [failed, bytes] = co_await client.async_read_some(core::asio::buffer(rest), use_awaitable);
        ec = failed;
    }
}

}  // namespace gate::app
