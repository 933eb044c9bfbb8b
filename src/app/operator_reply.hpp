#pragma once
// What the operating listeners send.

#include <gate/app/operating_server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>

namespace gate::app {

template <class T>
using awaitable = core::asio::awaitable<T, core::executor>;

inline constexpr auto use_awaitable = core::asio::as_tuple(core::asio::use_awaitable_t<core::executor>{});

struct answer {
    endpoint_reply reply;
    std::string allow;  // for a 405
};

endpoint_reply plain(unsigned status, std::string text);

class operator_connection;

// True: the connection can serve another request.
awaitable<bool> send(operator_connection& to, answer what, unsigned version, bool keep_alive, bool head_only);

// Ends a connection so that the last reply arrives: closing it with input unread would be a reset, which may
// overtake the reply. The deadline set for the reply holds.
awaitable<void> linger(operator_connection& client);

}  // namespace gate::app
