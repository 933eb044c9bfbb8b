#include <gate/app/echo_server.hpp>
#include <gate/app/websocket_accept.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <list>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace gate::app {
namespace {

namespace asio = core::asio;
namespace http = boost::beast::http;

template <class T>
using awaitable = asio::awaitable<T, core::executor>;
constexpr auto use_awaitable = asio::as_tuple(asio::use_awaitable_t<core::executor>{});
using parser = http::request_parser<http::string_body>;

constexpr std::uint32_t max_head_size = 128 * 1024;  // twice the largest limits.head_size
constexpr std::uint64_t max_body_size = 64 * 1024;
constexpr core::duration accept_pause{100};  // after a failed accept

// The kernel chooses the name, which nobody else has (unix(7), autobind).
core::stream_acceptor listen_somewhere(const core::executor& executor) {
    core::stream_acceptor out(executor);
    out.open(asio::local::stream_protocol());
    sockaddr where{};
    where.sa_family = AF_UNIX;
    if (::bind(out.native_handle(), &where, sizeof where.sa_family) != 0)
        throw std::system_error(errno, std::generic_category(), "an echo cannot listen");
    out.listen();
    return out;
}

// Other programs of this host can connect to the socket: they learn nothing.
bool is_this_process(core::stream_socket& peer) {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(peer.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           who.pid == ::getpid();
}

std::string response(const char* status, const char* fields, const std::string& body) {
    return std::string("HTTP/1.1 ") + status + "\r\nCache-Control: no-store\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct echo_answer {
    std::string text;
    bool stays_open = false;  // without another word
};

echo_answer answer_to(const parser::value_type& asked) {
    const auto target = std::string_view(asked.target().data(), asked.target().size());
    const auto path = target.substr(0, target.find('?'));
    const auto what = path.substr(path.rfind('/') + 1);
    if (what == "echo")
        return {response("200 OK", "Content-Type: application/json\r\n", shown_request(asked.base()))};
    if (what == "later") return {response("503 Service Unavailable", "Retry-After: 7\r\n", "later\n")};
    if (what == "events")
        return {
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
            "Transfer-Encoding: chunked\r\n\r\nd\r\ndata: first\n\n\r\n",
            true};
    const auto key = asked[http::field::sec_websocket_key];
    if (what == "websocket" && !key.empty())
        return {
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Accept: " +
                websocket_accept({key.data(), key.size()}) + "\r\n\r\n\x81\x04" + "echo",
            true};
    return {response("404 Not Found", "Content-Type: text/plain\r\n", "not found\n")};
}

}  // namespace

struct echo_server::state : std::enable_shared_from_this<state> {
    // One connection: it ends when its time has come.
    struct guest {
        explicit guest(core::stream_socket accepted)
            : socket(std::move(accepted)), due(socket.get_executor()) {}

        void wait() {
            due.expires_after(patience);
            due.async_wait([this](const core::error_code& ec) {
                if (!ec) close();
            });
        }
        void close() {
            core::error_code ignored;
            socket.close(ignored);
        }

        core::stream_socket socket;
        core::timer due;
    };

    explicit state(const core::executor& on) : executor(on), acceptor(listen_somewhere(on)) {}

    static awaitable<void> accept_all(std::shared_ptr<state> self);
    static awaitable<void> serve(std::shared_ptr<state> self, std::shared_ptr<guest> one);
    awaitable<bool> serve_one(guest& one, boost::beast::flat_buffer& buffer);

    core::executor executor;
    core::stream_acceptor acceptor;
    std::list<std::shared_ptr<guest>> open;
    std::size_t requests = 0;
};

awaitable<void> echo_server::state::accept_all(std::shared_ptr<state> self) {
    core::timer pause(self->executor);
    while (self->acceptor.is_open()) {
        auto [ec, socket] = co_await self->acceptor.async_accept(use_awaitable);
        if (ec) {  // out of descriptors, perhaps
            pause.expires_after(accept_pause);
            co_await pause.async_wait(use_awaitable);
            continue;
        }
        if (self->open.size() >= max_connections || !is_this_process(socket)) continue;
        const auto one = std::make_shared<guest>(std::move(socket));
        self->open.push_back(one);
        asio::co_spawn(self->executor, serve(self, one), asio::detached);
    }
}

awaitable<void> echo_server::state::serve(std::shared_ptr<state> self, std::shared_ptr<guest> one) {
    boost::beast::flat_buffer buffer(max_head_size + max_body_size);
    bool goes_on = true;
    while (goes_on) goes_on = co_await self->serve_one(*one, buffer);
    one->due.cancel();
    one->close();
    self->open.remove(one);
}

// True: the connection can serve another request.
awaitable<bool> echo_server::state::serve_one(guest& one, boost::beast::flat_buffer& buffer) {
    parser request;
    request.header_limit(max_head_size);
    request.body_limit(max_body_size);
    one.wait();
    const auto [wrong, read] = co_await http::async_read(one.socket, buffer, request, use_awaitable);
    if (wrong || ++requests > max_requests) co_return false;
    const echo_answer answer = answer_to(request.get());
    const auto [broken, sent] =
        co_await asio::async_write(one.socket, asio::buffer(answer.text), use_awaitable);
    if (broken || !answer.stays_open) co_return !broken;
    one.wait();
    char byte = 0;
    co_await one.socket.async_read_some(asio::buffer(&byte, 1), use_awaitable);
    co_return false;
}

echo_server::echo_server(const core::executor& executor) : state_(std::make_shared<state>(executor)) {
    asio::co_spawn(executor, state::accept_all(state_), asio::detached);
}

echo_server::~echo_server() {
    core::error_code ignored;
    state_->acceptor.close(ignored);
    for (const auto& each : state_->open) each->close();
}

core::stream_protocol::endpoint echo_server::address() const {
    return state_->acceptor.local_endpoint();
}

std::size_t echo_server::requests() const noexcept {
    return state_->requests;
}

}  // namespace gate::app
