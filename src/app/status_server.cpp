#include <gate/app/status_server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <optional>

namespace gate::app {
namespace {

namespace asio = core::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using stream = beast::basic_stream<core::tcp, core::executor>;
using parser = http::request_parser<http::string_body>;
template <class T>
using awaitable = asio::awaitable<T, core::executor>;

constexpr auto use_awaitable = asio::as_tuple(asio::use_awaitable_t<core::executor>{});
constexpr core::duration accept_pause{100};  // after a failed accept, such as when descriptors have run out

using handlers = std::map<std::string, status_server::late_handler, std::less<>>;  // by method
using routes = std::map<std::string, handlers, std::less<>>;                       // by path

struct answer {
    endpoint_reply reply;
    std::string allow;  // for a 405
};

std::string allowed_methods(const handlers& known) {
    std::string list;
    for (const auto& [method, unused] : known) {
        list += (list.empty() ? "" : ", ") + method;
        if (method == "GET") list += ", HEAD";
    }
    return list;
}

endpoint_reply plain(unsigned status, std::string text) {
    return {.status = status, .body = std::move(text) + '\n'};
}

// The one who serves the request, or else nullptr and the refusal in `no`.
const status_server::late_handler* find_handler(const routes& known, std::string_view method,
                                                std::string_view path, answer& no) {
    const auto endpoint = known.find(path);
    if (endpoint == known.end()) {
        no.reply = plain(404, "not found");
        return nullptr;
    }
    const auto found = endpoint->second.find(method == "HEAD" ? "GET" : method);
    if (found != endpoint->second.end()) return &found->second;
    no = {plain(405, "method not allowed"), allowed_methods(endpoint->second)};
    return nullptr;
}

// An answer that may come later: whoever waits for it is woken by it, or by the end of its time.
struct expected_answer {
    explicit expected_answer(const core::executor& executor) : due(executor) {}

    core::timer due;
    std::optional<endpoint_reply> reply;
};

// What comes too late finds nobody. A request that has been given to its handler is not taken back: the
// handler goes on although its client has gone.
awaitable<endpoint_reply> ask(core::executor executor, const status_server::late_handler* handler,
                              endpoint_request request, core::duration patience) {
    const auto expected = std::make_shared<expected_answer>(executor);
    expected->due.expires_after(patience);
    bool failed = false;
    try {
        (*handler)(std::move(request), [weak = std::weak_ptr(expected)](endpoint_reply reply) {
            const auto waiting = weak.lock();
            if (!waiting || waiting->reply) return;
            waiting->reply = std::move(reply);
            waiting->due.cancel();
        });
    } catch (const std::exception&) {
        failed = true;
    }
    if (failed) co_return plain(500, "internal error");
    if (!expected->reply) co_await expected->due.async_wait(use_awaitable);
    if (!expected->reply) co_return plain(504, "no answer in time");
    co_return std::move(*expected->reply);
}

// RFC 9112 3.2: exactly one Host, which HTTP/1.0 may leave out.
bool is_well_addressed(const parser::value_type& head) {
    const auto hosts = head.count(http::field::host);
    return hosts == 1 || (hosts == 0 && head.version() < 11);
}

// What two readers could take for different lengths (RFC 9112 6.3).
bool is_well_framed(const parser::value_type& head) {
    const auto codings = head.count(http::field::transfer_encoding);
    const bool chunked = codings == 1 && beast::iequals(head[http::field::transfer_encoding], "chunked");
    return head.count(http::field::content_length) <= 1 && (codings == 0 || chunked);
}

// Of the origin form, or of the absolute form (RFC 9112 3.2.2).
std::string_view path_of(std::string_view target) {
    if (target.starts_with("http://")) {
        target.remove_prefix(7);
        target.remove_prefix(std::min(target.find('/'), target.size()));
        if (target.empty()) target = "/";
    }
    return target.substr(0, target.find('?'));
}

// Why a request could not be read, or a status of 0: nobody is there to be told.
unsigned status_of(const core::error_code& ec) {
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) return 0;
    return ec.category() == http::make_error_code(http::error::bad_version).category() ? 400 : 0;
}

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

endpoint_request request_of(parser::value_type& request) {
    endpoint_request out;
    if (request.count(http::field::authorization) == 1)
        out.authorization = view(request[http::field::authorization]);
    out.body = core::secret_string(std::move(request.body()));
    return out;
}

template <class Body>
http::response<Body> head_of(const answer& what, unsigned version, bool keep_alive) {
    http::response<Body> response(static_cast<http::status>(what.reply.status), version);
    response.set(http::field::content_type, what.reply.content_type);
    response.set(http::field::cache_control, "no-store");
    if (!what.allow.empty()) response.set(http::field::allow, what.allow);
    for (const auto& [name, value] : what.reply.fields) response.set(name, value);
    response.content_length(what.reply.body.size());
    response.keep_alive(keep_alive);
    return response;
}

template <class Body>
awaitable<bool> write(stream& to, http::response<Body> response) {
    const auto [ec, bytes] = co_await http::async_write(to, response, use_awaitable);
    co_return !ec && response.keep_alive();
}

// True: the connection can serve another request.
awaitable<bool> send(stream& to, answer what, unsigned version, bool keep_alive, bool head_only) {
    if (head_only) {
        auto head = head_of<http::empty_body>(what, version, keep_alive);
        co_return co_await write(to, std::move(head));
    }
    auto response = head_of<http::string_body>(what, version, keep_alive);
    response.body() = std::move(what.reply.body);
    co_return co_await write(to, std::move(response));
}

// Ends a connection so that the last reply arrives: closing it with input unread would be a reset, which may
// overtake the reply. The deadline set for the reply holds.
awaitable<void> linger(stream& client) {
    core::error_code ec;
    client.socket().shutdown(core::tcp::socket::shutdown_send, ec);
    std::array<char, 4096> rest;
    for (int i = 0; i < 16 && !ec; ++i) {
        const auto [failed, bytes] = co_await client.async_read_some(asio::buffer(rest), use_awaitable);
        ec = failed;
    }
}

struct guest {
    stream connection;
    bool is_served = false;  // somebody works on its request
};

}  // namespace

struct status_server::state {
    state(core::tcp_acceptor listening, core::duration limit, core::duration for_answers)
        : acceptor(std::move(listening)), patience(limit), answer_time(for_answers) {}

    static awaitable<void> accept_all(std::shared_ptr<state> self);
    static awaitable<void> serve(std::shared_ptr<state> self, core::tcp_socket socket);
    awaitable<bool> serve_one(guest& who, beast::flat_buffer& buffer);
    awaitable<answer> answer_to(parser::value_type& request) const;
    void make_room();

    core::tcp_acceptor acceptor;
    core::executor executor = acceptor.get_executor();
    core::duration patience;
    core::duration answer_time;
    routes known;
    std::list<guest*> open;  // the one that has waited longest for its request first
};

awaitable<void> status_server::state::accept_all(std::shared_ptr<state> self) {
    const auto executor = self->acceptor.get_executor();
    core::timer pause(executor);
    while (self->acceptor.is_open()) {
        auto [ec, socket] = co_await self->acceptor.async_accept(use_awaitable);
        if (ec) {
            if (!self->acceptor.is_open()) break;
            pause.expires_after(accept_pause);
            co_await pause.async_wait(use_awaitable);
        } else {
            self->make_room();
            asio::co_spawn(executor, serve(self, std::move(socket)), asio::detached);
        }
    }
}

// Those who dawdle go when there are too many: an orchestrator that gets no answer would end us. Not before
// them those who wait for us.
void status_server::state::make_room() {
    if (open.size() < max_connections) return;
    auto last = std::ranges::find(open, false, &guest::is_served);
    if (last == open.end()) last = open.begin();
    (*last)->connection.close();
    open.erase(last);
}

awaitable<void> status_server::state::serve(std::shared_ptr<state> self, core::tcp_socket socket) {
    guest own{stream(std::move(socket))};
    beast::flat_buffer buffer(max_head_size + max_body_size);
    self->open.push_back(&own);
    const auto leave = [&](guest* one) { self->open.remove(one); };
    const std::unique_ptr<guest, decltype(leave)> entered(&own, leave);
    while (self->acceptor.is_open() && co_await self->serve_one(own, buffer)) {
        const auto place = std::ranges::find(self->open, &own);
        if (place == self->open.end()) break;  // somebody else needed the room
        self->open.splice(self->open.end(), self->open, place);
    }
    co_await linger(own.connection);
}

// True: the connection can serve another request.
awaitable<bool> status_server::state::serve_one(guest& who, beast::flat_buffer& buffer) {
    auto& client = who.connection;
    parser request;
    request.header_limit(max_head_size);
    request.body_limit(max_body_size);
    client.expires_after(patience);
    const auto [ec, bytes] = co_await http::async_read(client, buffer, request, use_awaitable);
    client.expires_after(patience);
    if (ec) {
        const auto status = status_of(ec);
        if (status == 0) co_return false;
        answer refusal{plain(status, "bad request"),
                       {}};  // g++ 12 destroys a braced argument of co_await twice
        co_return co_await send(client, std::move(refusal), 11, false, false);
    }
    who.is_served = true;
    auto what = co_await answer_to(request.get());
    who.is_served = false;
    client.expires_after(patience);
    const auto& head = request.get();
    const bool head_only = head.method() == http::verb::head;
    const bool keep_alive = head.keep_alive() && is_well_framed(head);
    co_return co_await send(client, std::move(what), head.version(), keep_alive, head_only);
}

awaitable<answer> status_server::state::answer_to(parser::value_type& request) const {
    answer out{plain(400, "bad request"), {}};
    if (!is_well_addressed(request) || !is_well_framed(request)) co_return out;
    const auto* handler =
        find_handler(known, view(request.method_string()), path_of(view(request.target())), out);
    if (handler == nullptr) co_return out;
    auto given = request_of(request);
    auto reply = co_await ask(executor, handler, std::move(given), answer_time);
    out.reply = std::move(reply);
    co_return out;
}

core::result<std::unique_ptr<status_server>> status_server::open(asio::io_context& control,
                                                                 const config::endpoint& where,
                                                                 core::duration patience,
                                                                 core::duration answer_time) {
    core::error_code ec;
    const auto address = asio::ip::make_address(where.host, ec);
    if (ec) return ec;
    const core::tcp::endpoint endpoint(address, where.port);
    core::tcp_acceptor acceptor(control.get_executor());
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return ec;
    auto opened = std::make_shared<state>(std::move(acceptor), patience, answer_time);
    asio::co_spawn(control.get_executor(), state::accept_all(opened), asio::detached);
    return std::unique_ptr<status_server>(new status_server(std::move(opened)));
}

status_server::status_server(std::shared_ptr<state> opened) : state_(std::move(opened)) {}

status_server::~status_server() {
    close();
}

void status_server::handle(std::string_view method, std::string_view path, handler answer) {
    handle_late(method, path, [answer = std::move(answer)](const endpoint_request&, const answering& done) {
        done(answer());
    });
}

void status_server::handle_late(std::string_view method, std::string_view path, late_handler answer) {
    state_->known[std::string(path)].insert_or_assign(std::string(method), std::move(answer));
}

core::tcp::endpoint status_server::local() const {
    core::error_code ignored;
    return state_->acceptor.local_endpoint(ignored);
}

void status_server::close() {
    core::error_code ignored;
    state_->acceptor.close(ignored);
    for (auto* each : state_->open) each->connection.close();
}

}  // namespace gate::app
