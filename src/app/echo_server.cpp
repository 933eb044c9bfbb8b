#include <gate/app/echo_answer.hpp>
#include <gate/app/echo_server.hpp>

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

}  // namespace

struct echo_server::state : std::enable_shared_from_this<state> {
    // One connection: it ends when its time has come.
    struct guest : std::enable_shared_from_this<guest> {
        guest(core::stream_socket accepted, core::duration each)
            : socket(std::move(accepted)), due(socket.get_executor()), patience(each) {}

        // The end of its time may wait to be handled when it has ended, or has got more time.
        void wait() {
            due.expires_after(patience);
            due.async_wait([mine = weak_from_this()](const core::error_code& ec) {
                const auto self = mine.lock();
                if (!ec && self && self->due.expiry() <= core::clock::now()) self->close();
            });
        }
        void close() {
            core::error_code ignored;
            socket.close(ignored);
        }

        core::stream_socket socket;
        core::timer due;
        const core::duration patience;
    };
    // Also where serving it throws.
    struct departure {
        ~departure() {
            departing->due.cancel();
            departing->close();
            from.open.remove(departing);
        }
        state& from;
        const std::shared_ptr<guest> departing;
    };

    state(const core::executor& on, core::duration each)
        : executor(on), acceptor(listen_somewhere(on)), patience(each) {}

    static awaitable<void> accept_all(std::shared_ptr<state> self);
    static awaitable<void> serve(std::shared_ptr<state> self, std::shared_ptr<guest> one);
    awaitable<void> serve_one(guest& one);

    core::executor executor;
    core::stream_acceptor acceptor;
    const core::duration patience;
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
        const auto one = std::make_shared<guest>(std::move(socket), self->patience);
        self->open.push_back(one);
        asio::co_spawn(self->executor, serve(self, one), asio::detached);
    }
}

awaitable<void> echo_server::state::serve(std::shared_ptr<state> self, std::shared_ptr<guest> one) {
    const departure at_the_end{*self, one};
    co_await self->serve_one(*one);
}

// One request for each connection: there may be more workers than connections, and each would keep one.
awaitable<void> echo_server::state::serve_one(guest& one) {
    boost::beast::flat_buffer buffer(max_head_size + max_body_size);
    parser request;
    request.header_limit(max_head_size);
    request.body_limit(max_body_size);
    one.wait();
    const auto [wrong, read] = co_await http::async_read(one.socket, buffer, request, use_awaitable);
    if (wrong || ++requests > max_requests) co_return;
    const echo_answer answer = answer_to(request.get().base());
    const auto [broken, sent] =
        co_await asio::async_write(one.socket, asio::buffer(answer.text), use_awaitable);
    if (broken || !answer.stays_open) co_return;
    one.wait();
    char byte = 0;
    co_await one.socket.async_read_some(asio::buffer(&byte, 1), use_awaitable);
}

echo_server::echo_server(const core::executor& executor, core::duration patience)
    : state_(std::make_shared<state>(executor, patience)) {
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
