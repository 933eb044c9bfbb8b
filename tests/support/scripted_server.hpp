#pragma once
// A server that does what a test tells it, over real loopback sockets, plain or TLS. It serves one connection
// after the other on a thread of its own; each request is answered by the next step of the script (the last
// one repeats).

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// One connection, as a script sees it. Everything blocks; what fails ends the connection.
class server_peer {
public:
    virtual ~server_peer() = default;
    virtual void send(std::string_view bytes) = 0;
    virtual void reset() = 0;           // ends the connection with RST
    virtual void wait_for_close() = 0;  // until the client has gone
};

// Returns whether the connection serves another request.
using server_step = std::function<bool(server_peer&)>;

// An HTTP/1.1 response with a Content-Length.
std::string response(int status, std::string_view body, std::string_view fields = {});
std::string good_answer(std::string_view account = "gacct_1");  // Gate's, to the verify call

server_step say(std::string bytes);  // and keep the connection
server_step say_and_close(std::string bytes);
server_step hang();
server_step reset();

class scripted_server {
public:
    explicit scripted_server(std::vector<server_step> script,
                             std::shared_ptr<boost::asio::ssl::context> tls = nullptr);
    ~scripted_server();

    std::uint16_t port() const noexcept { return port_; }
    int connections() const noexcept { return connections_; }
    std::vector<std::string> requests() const;  // head and body of each, as received

private:
    template <class Stream>
    void serve(Stream& stream);
    void run();

    std::vector<server_step> script_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_;
    std::atomic<int> connections_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    int current_ = -1;  // the socket being served
    bool stopping_ = false;
    std::thread thread_;
};
