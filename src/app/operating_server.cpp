#include "operator_endpoints.hpp"

#include <gate/app/arrival_places.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/app/shared_answer.hpp>
#include <gate/http/request_id.hpp>
#include <gate/net/tls_context.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <list>
#include <stdexcept>

#include <sys/socket.h>

namespace gate::app {
namespace {

namespace asio = core::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr core::duration accept_pause{100};  // after a failed accept
constexpr int accepted_at_once = 64;         // before the connections that are here have their turn

// Out of descriptors or memory: a connection that is closed helps.
bool is_exhausted(const core::error_code& ec) {
    namespace errc = boost::system::errc;
    return ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system ||
           ec == errc::no_buffer_space || ec == errc::not_enough_memory;
}

}  // namespace

struct operating_server::state : std::enable_shared_from_this<operating_server::state> {
    state(core::executor on, core::duration limit, core::duration for_answers)
        : executor(on),
          patience(limit),
          wheel(on),
          handshakes(wheel, max_handshakes, limit),
          endpoints(executor, for_answers) {}

    static awaitable<void> accept_all(std::shared_ptr<state> self, core::stream_acceptor& acceptor);
    static awaitable<void> serve(std::shared_ptr<state> self, core::stream_socket socket);
    awaitable<bool> shake_hands(guest& with);
    awaitable<bool> serve_one(guest& asked_by, operator_buffer& buffer);
    core::error_code accept_waiting(core::stream_acceptor& acceptor);
    void welcome(core::stream_socket socket);
    bool close_one();
    endpoint_reply unreadable(unsigned status);

    core::executor executor;
    std::list<core::stream_acceptor> acceptors;
    bool is_closed = false;
    core::duration patience;
    net::deadline_wheel wheel;  // outlives the connections, which keep this object
    arrival_places handshakes;
    operator_endpoints endpoints;
    gate::http::request_id_source ids;
    std::shared_ptr<net::server_tls> tls;  // null: clear text
    telemetry::handshake_metrics* counted_in = nullptr;
    std::list<guest*> open;  // the one that has waited longest for its request first
};

awaitable<void> operating_server::state::accept_all(std::shared_ptr<state> self,
                                                    core::stream_acceptor& acceptor) {
    core::timer pause(self->executor);
    while (!self->is_closed) {
        auto [ec, socket] = co_await acceptor.async_accept(use_awaitable);
        if (!ec) {
            self->welcome(std::move(socket));
            ec = self->accept_waiting(acceptor);
        }
        if (self->is_closed) break;
        if (!ec || (is_exhausted(ec) && self->close_one())) continue;
        pause.expires_after(accept_pause);
        co_await pause.async_wait(use_awaitable);
    }
}

// As many of those that wait as one turn is good for: a queue that moves by one a turn would be blocked by
// any client that opens connections.
core::error_code operating_server::state::accept_waiting(core::stream_acceptor& acceptor) {
    core::error_code ec;
    for (int accepted = 1; accepted < accepted_at_once && !ec; ++accepted) {
        core::stream_socket socket(executor);
        acceptor.accept(socket, ec);
        if (!ec) welcome(std::move(socket));
    }
    return ec == asio::error::would_block ? core::error_code() : ec;
}

void operating_server::state::welcome(core::stream_socket socket) {
    if (open.size() >= max_connections) close_one();
    asio::co_spawn(executor, serve(shared_from_this(), std::move(socket)), asio::detached);
}

// An orchestrator that gets no answer would end us, and an operator waits for what is being done for him.
bool operating_server::state::close_one() {
    const auto goes = std::ranges::min_element(open, {}, &guest::is);  // the first of those that are equal
    if (goes == open.end()) return false;
    (*goes)->close();
    open.erase(goes);
    return true;
}

awaitable<void> operating_server::state::serve(std::shared_ptr<state> self, core::stream_socket socket) {
    guest own(std::move(socket), self->wheel);
    operator_buffer buffer(max_head_size + max_body_size);
    self->open.push_back(&own);
    const auto leave = [&](guest* one) { self->open.remove(one); };
    const std::unique_ptr<guest, decltype(leave)> entered(&own, leave);
    if (self->tls && !co_await self->shake_hands(own)) co_return;
    while (!self->is_closed && co_await self->serve_one(own, buffer)) {
        const auto place = std::ranges::find(self->open, &own);
        buffer.shrink_to_fit();                // and so wipes what has been read
        if (place == self->open.end()) break;  // somebody else needed the room
        self->open.splice(self->open.end(), self->open, place);
        co_await asio::post(self->executor, use_awaitable);  // the others have their turn
    }
    co_await linger(own.connection);
}

// What an operator has sent too much of is named, as what else is wrong with a body.
endpoint_reply operating_server::state::unreadable(unsigned status) {
    if (status != 413) return plain(status, "bad request");
    const auto id = ids.next();
    return reply_of({.status = status,
                     .code = "request.too_large",
                     .message = "The body has more than " + std::to_string(max_body_size) + " bytes.",
                     .request_id = id.view()});
}

// A client that never ends its handshake is in nobody's way but its own kind's.
awaitable<bool> operating_server::state::shake_hands(guest& with) {
    handshakes.enter(with.connection);
    const auto leave = [this](operator_connection* one) { handshakes.leave(*one); };
    const std::unique_ptr<operator_connection, decltype(leave)> entered(&with.connection, leave);
    const auto began = core::clock::now();
    const auto result = co_await with.connection.shake_hands(tls);
    if (counted_in != nullptr)
        counted_in->count(outcome_of(result, with.connection.ended), core::clock::now() - began);
    co_return result == net::handshake_result::ok;
}

// True: the connection can serve another request.
awaitable<bool> operating_server::state::serve_one(guest& asked_by, operator_buffer& buffer) {
    auto& connection = asked_by.connection;
    operator_parser request;
    request.header_limit(max_head_size);
    request.body_limit(max_body_size);
    connection.expires_after(patience);
    const auto [ec, bytes] = co_await http::async_read(connection, buffer, request, use_awaitable);
    connection.expires_after(patience);
    if (ec) {
        const auto status = status_of(ec);
        if (status == 0) co_return false;
        answer refusal{unreadable(status), {}};  // g++ 12 destroys a braced argument of co_await twice
        co_return co_await send(connection, std::move(refusal), 11, false, false);
    }
    auto reply = co_await endpoints.answer_to(request.get(), asked_by);
    asked_by.is = guest::state::known;
    connection.expires_after(patience);
    const auto& head = request.get();
    const bool head_only = head.method() == http::verb::head;
    const bool keep_alive = head.keep_alive() && is_well_framed(head);
    co_return co_await send(connection, std::move(reply), head.version(), keep_alive, head_only);
}

operating_server::operating_server(asio::io_context& control, std::vector<net::listening_socket> at,
                                   core::duration patience, core::duration answer_time)
    : state_(std::make_shared<state>(control.get_executor(), patience, answer_time)) {
    for (auto& each : at) {
        const core::stream_protocol protocol(each.is_unix() ? AF_UNIX : AF_INET, 0);
        auto& acceptor = state_->acceptors.emplace_back(state_->executor, protocol, each.release());
        acceptor.non_blocking(true);
        asio::co_spawn(state_->executor, state::accept_all(state_, acceptor), asio::detached);
    }
}

operating_server::~operating_server() {
    close();
}

void operating_server::handle(std::string_view method, std::string_view path, handler answer) {
    state_->endpoints.add(
        method, path,
        [answer = std::move(answer)](const endpoint_request&, const answering& done) { done(answer()); },
        false);
}

void operating_server::handle_shared(std::string_view method, std::string_view path, form_chooser form_of,
                                     shared_handler answer) {
    auto make = [answer = std::move(answer)](unsigned form) {
        try {
            return answer(form);
        } catch (const std::exception&) {
            return plain(500, "internal error");
        }
    };
    const auto shared = std::make_shared<shared_answer<endpoint_reply>>(state_->executor, std::move(make));
    auto ask = [shared, form_of = std::move(form_of)](const endpoint_request& asked, const answering& done) {
        shared->ask(done, form_of(asked));
    };
    state_->endpoints.add(method, path, std::move(ask), false);
}

void operating_server::handle_late(std::string_view method, std::string_view path, late_handler answer) {
    state_->endpoints.add(method, path, std::move(answer), true);
}

void operating_server::serve_only_hosts(std::vector<std::string> names) {
    state_->endpoints.serve_only_hosts(std::move(names));
}

void operating_server::use_tls(std::shared_ptr<const net::server_tls_material> from) {
    std::string why_not;
    auto made = net::make_server_tls(std::move(from), why_not);
    if (!made) throw std::runtime_error(why_not);
    state_->tls = std::move(*made);
}

void operating_server::count_handshakes(telemetry::handshake_metrics& into) {
    state_->counted_in = &into;
}

void operating_server::close() {
    core::error_code ignored;
    state_->is_closed = true;
    for (auto& each : state_->acceptors) each.close(ignored);
    for (auto* each : state_->open) each->close();
}

}  // namespace gate::app
