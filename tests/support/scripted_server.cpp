#include "scripted_server.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

#include <sys/socket.h>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

template <class Stream>
class peer final : public server_peer {
public:
    explicit peer(Stream& stream) : stream_(stream) {}

    void send(std::string_view bytes) override {
        asio::write(stream_, asio::buffer(bytes.data(), bytes.size()));
    }
    void reset() override { stream_.lowest_layer().set_option(asio::socket_base::linger(true, 0)); }
    void wait_for_close() override {
        char byte;
        boost::system::error_code ec;
        while (!ec) asio::read(stream_, asio::buffer(&byte, 1), ec);
    }

private:
    Stream& stream_;
};

std::size_t length_of(std::string_view head) {
    const std::string_view name = "Content-Length: ";
    const auto at = head.find(name);
    return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + name.size(), 10)));
}

// "" when the client has closed.
template <class Stream>
std::string read_request(Stream& stream) {
    std::string text;
    boost::system::error_code ec;
    const auto head = asio::read_until(stream, asio::dynamic_buffer(text), "\r\n\r\n", ec);
    if (ec) return {};
    const auto whole = head + length_of(std::string_view(text).substr(0, head));
    if (text.size() < whole) {
        asio::read(stream, asio::dynamic_buffer(text), asio::transfer_exactly(whole - text.size()), ec);
    }
    return text;
}

}  // namespace

std::string response(int status, std::string_view body, std::string_view fields) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string good_answer(std::string_view account) {
    return response(200, R"({"data": {"valid": true, "gate_account_id": ")" + std::string(account) + "\"}}");
}

server_step say(std::string bytes) {
    return [bytes](server_peer& to) {
        to.send(bytes);
        return true;
    };
}

server_step say_and_close(std::string bytes) {
    return [bytes](server_peer& to) {
        to.send(bytes);
        return false;
    };
}

server_step hang() {
    return [](server_peer& to) {
        to.wait_for_close();
        return false;
    };
}

server_step reset() {
    return [](server_peer& to) {
        to.reset();
        return false;
    };
}

scripted_server::scripted_server(std::vector<server_step> script, std::shared_ptr<asio::ssl::context> tls)
    : script_(std::move(script)),
      tls_(std::move(tls)),
      acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      thread_([this] { run(); }) {}

scripted_server::~scripted_server() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (current_ != -1) ::shutdown(current_, SHUT_RDWR);
    }
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
    thread_.join();
}

std::vector<std::string> scripted_server::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

template <class Stream>
void scripted_server::serve(Stream& stream) {
    peer<Stream> client(stream);
    for (;;) {
        auto request = read_request(stream);
        if (request.empty()) return;
        std::size_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            number = std::min(requests_.size(), script_.size() - 1);
            requests_.push_back(std::move(request));
        }
        if (!script_[number](client)) return;
    }
}

void scripted_server::run() {
    for (;;) {
        boost::system::error_code ec;
        tcp::socket socket(context_);
        acceptor_.accept(socket, ec);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ || ec) return;
            current_ = socket.native_handle();
        }
        ++connections_;
        try {
            if (tls_) {
                asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
                stream.handshake(asio::ssl::stream_base::server);
                serve(stream);
            } else {
                serve(socket);
            }
        } catch (const std::exception&) {  // the client went away: next
        }
        const std::lock_guard lock(mutex_);
        current_ = -1;
        socket.close(ec);
    }
}
