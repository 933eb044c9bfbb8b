#include "any_port.hpp"

#include <gate/app/health.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/telemetry/metrics.hpp>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace gate;
using namespace gate::app;
using namespace std::chrono_literals;
namespace asio = core::asio;

namespace {

// A server on a thread of its own, as in the program.
class running_server {
public:
    explicit running_server(core::duration patience = operating_server::default_patience,
                            core::duration answer_time = operating_server::max_answer_time) {
        server_ = std::make_unique<operating_server>(context_, test::listen_on_any_port(where_), patience,
                                                     answer_time);
        server_->handle("GET", "/fine", [] { return endpoint_reply{.body = "all is well\n"}; });
        server_->handle("PUT", "/fine", [] { return endpoint_reply{.status = 202}; });
        server_->handle("GET", "/broken",
                        []() -> endpoint_reply { throw std::runtime_error("secret detail"); });
        server_->handle_late("POST", "/later",
                             [this](endpoint_request request, operating_server::answering done) {
                                 asio::post(context_, [given = std::move(request), done = std::move(done)] {
                                     done({.status = 200,
                                           .body = std::string(given.authorization.reveal()) + '|' +
                                                   std::string(given.body.reveal()),
                                           .fields = {{"Retry-After", "7"}}});
                                     done({.status = 500});  // nobody listens any more
                                 });
                             });
        server_->handle_late("POST", "/never",
                             [this](const endpoint_request&, operating_server::answering done) {
                                 forgotten_ = std::move(done);
                             });
        server_->handle("GET", "/remind", [this] {
            if (!forgotten_) return endpoint_reply{.status = 404};
            forgotten_({.body = "at last"});
            return endpoint_reply{};
        });
        server_->handle("GET", "/is-waited-for",
                        [this] { return endpoint_reply{.status = forgotten_ ? 200U : 404U}; });
        const auto only_form = [](const endpoint_request&) { return 0U; };
        server_->handle_shared("GET", "/counted", only_form, [this](unsigned) {
            return endpoint_reply{.body = std::to_string(++counted_)};
        });
        server_->handle_shared("GET", "/shared-broken", only_form,
                               [](unsigned) -> endpoint_reply { throw std::runtime_error("secret detail"); });
        server_->handle_late("POST", "/broken",
                             [](const endpoint_request&, const operating_server::answering&) {
                                 throw std::runtime_error("secret detail");
                             });
        add_health_endpoints(*server_, state, metrics);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~running_server() { stop(); }

    // Closes the server; its connections end by themselves, and so the thread.
    void stop() {
        if (!thread_.joinable()) return;
        asio::post(context_, [this] { server_->close(); });
        thread_.join();
    }

    core::tcp::endpoint where() const { return where_; }

    health state;
    telemetry::metrics metrics{1};

private:
    asio::io_context context_{1};
    std::unique_ptr<operating_server> server_;
    core::tcp::endpoint where_;
    operating_server::answering forgotten_;
    int counted_ = 0;
    std::thread thread_;
};

class client {
public:
    explicit client(const running_server& to) { socket_.connect(to.where()); }

    void send(const std::string& text) {
        core::error_code ignored;
        asio::write(socket_, asio::buffer(text), ignored);
    }
    // All that comes until the server closes.
    std::string read_all() {
        std::string all;
        core::error_code ignored;
        asio::read(socket_, asio::dynamic_buffer(all), ignored);
        return all;
    }
    std::string read_until(const std::string& end) {
        std::string all;
        core::error_code ec;
        char c = 0;
        while (!all.ends_with(end) && asio::read(socket_, asio::buffer(&c, 1), ec) == 1) all += c;
        return all;
    }

private:
    asio::io_context context_;
    asio::ip::tcp::socket socket_{context_};
};

std::string ask(const running_server& server, const std::string& method, const std::string& target) {
    client one(server);
    one.send(method + ' ' + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return one.read_all();
}

bool has_status(const std::string& response, unsigned status) {
    INFO(response);
    return response.rfind("HTTP/1.1 " + std::to_string(status) + ' ', 0) == 0;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string body_of(const std::string& response) {
    const auto end = response.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : response.substr(end + 4);
}

}  // namespace

TEST_CASE("a path is served exactly, whatever its query") {
    const running_server server;
    CHECK(body_of(ask(server, "GET", "/fine")) == "all is well\n");
    CHECK(body_of(ask(server, "GET", "/fine?a=b")) == "all is well\n");
    for (const auto* other : {"/", "/fine/", "/Fine", "/fin", "/finer", "/%66ine", "/livez/..", "/debug"}) {
        INFO(other);
        CHECK(has_status(ask(server, "GET", other), 404));
    }
}

TEST_CASE("another method is refused, and told which ones there are") {
    const running_server server;
    CHECK(has_status(ask(server, "PUT", "/fine"), 202));
    const auto refused = ask(server, "DELETE", "/fine");
    CHECK(has_status(refused, 405));
    CHECK(contains(refused, "\r\nAllow: GET, HEAD, PUT\r\n"));
    CHECK(has_status(ask(server, "get", "/fine"), 405));
}

TEST_CASE("a HEAD has the fields of a GET and no body") {
    const running_server server;
    const auto head = ask(server, "HEAD", "/fine");
    CHECK(has_status(head, 200));
    CHECK(contains(head, "\r\nContent-Length: 12\r\n"));
    CHECK(body_of(head).empty());
}

TEST_CASE("a handler that throws is a 500 that does not say why") {
    const running_server server;
    const auto response = ask(server, "GET", "/broken");
    CHECK(has_status(response, 500));
    CHECK(!contains(response, "secret"));
}

TEST_CASE("a late handler gets body and Authorization, and its answer may have further fields") {
    const running_server server;
    client one(server);
    one.send(
        "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\nContent-Length: 5\r\n"
        "Connection: close\r\n\r\nhello");
    const auto response = one.read_all();
    CHECK(has_status(response, 200));
    CHECK(contains(response, "\r\nRetry-After: 7\r\n"));
    CHECK(body_of(response) == "Bearer abc|hello");
}

TEST_CASE("of several Authorization fields none is taken") {
    const running_server server;
    client one(server);
    one.send(
        "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\nAuthorization: Bearer abc\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(body_of(one.read_all()) == "|");
}

TEST_CASE("what is not answered in time is a 504, and its connection goes on") {
    const running_server server(operating_server::default_patience, 20ms);
    client one(server);
    one.send("POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    CHECK(has_status(one.read_until("no answer in time\n"), 504));
    one.send("GET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(body_of(one.read_all()) == "all is well\n");
}

TEST_CASE("while one request waits for its answer, others are served") {
    const running_server server;
    client waiting(server);
    waiting.send("POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    while (!has_status(ask(server, "GET", "/remind"), 200)) std::this_thread::yield();
    CHECK(body_of(waiting.read_all()) == "at last");
}

TEST_CASE("no answer of a shared handler is older than its request") {
    const running_server server;
    for (const auto* expected : {"1", "2", "3"}) CHECK(body_of(ask(server, "GET", "/counted")) == expected);
}

TEST_CASE("a shared handler that throws is a 500 that does not say why") {
    const running_server server;
    const auto response = ask(server, "GET", "/shared-broken");
    CHECK(has_status(response, 500));
    CHECK(!contains(response, "secret"));
}

TEST_CASE("a late handler that throws is a 500 that does not say why") {
    const running_server server;
    const auto response = ask(server, "POST", "/broken");
    CHECK(has_status(response, 500));
    CHECK(!contains(response, "secret"));
}

TEST_CASE("a connection serves several requests, pipelined ones too") {
    const running_server server;
    client one(server);
    one.send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(contains(one.read_until("all is well\n"), "200 OK"));
    one.send(
        "GET /fine HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto both = one.read_all();
    CHECK(contains(both, "all is well\n"));
    CHECK(contains(both, "404 Not Found"));
}

TEST_CASE("requests that are malformed or too large are refused") {
    const running_server server;
    struct row {
        std::string request;
        unsigned status;
    };
    const row rows[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET /fine HTTP/9.9\r\n\r\n", 400},
        {"GET /fine HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
        {"PUT /fine HTTP/1.1\r\nContent-Length: 100000\r\n\r\n", 413},
    };
    for (const auto& [request, status] : rows) {
        client one(server);
        one.send(request);
        CHECK(has_status(one.read_all(), status));
    }
}

TEST_CASE("a client that sends nothing, or too slowly, is dropped") {
    const running_server server(30ms);
    client silent(server);
    CHECK(silent.read_all().empty());
    client partial(server);
    partial.send("GET /fine HTTP/1.1\r\nHo");
    CHECK(partial.read_all().empty());
}

TEST_CASE("more connections than allowed are closed, and places come free again") {
    const running_server server;
    {
        std::vector<std::unique_ptr<client>> held;
        for (std::size_t i = 0; i < operating_server::max_connections; ++i) {
            held.push_back(std::make_unique<client>(server));
            held.back()->send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
            REQUIRE(contains(held.back()->read_until("well\n"), "200 OK"));
        }
        client surplus(server);
        CHECK(surplus.read_all().empty());
    }
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!has_status(ask(server, "GET", "/fine"), 200)) REQUIRE(std::chrono::steady_clock::now() < end);
}

TEST_CASE("who has had an answer goes before who waits for the first, however long") {
    const running_server server;
    client newcomer(server);
    std::vector<std::unique_ptr<client>> held;
    for (std::size_t i = 0; i < operating_server::max_connections; ++i) {
        held.push_back(std::make_unique<client>(server));
        held.back()->send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(contains(held.back()->read_until("well\n"), "200 OK"));
    }
    CHECK(held.front()->read_all().empty());
    newcomer.send("GET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(body_of(newcomer.read_all()) == "all is well\n");
}

TEST_CASE("whoever waits for an answer keeps its place when there are too many") {
    const running_server server;
    client patient(server);
    patient.send("POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    std::vector<std::unique_ptr<client>> others;
    for (std::size_t i = 0; i <= operating_server::max_connections; ++i) {
        others.push_back(std::make_unique<client>(server));
        others.back()->send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(contains(others.back()->read_until("well\n"), "200 OK"));
    }
    CHECK(others.front()->read_all().empty());
    CHECK(contains(ask(server, "GET", "/remind"), "200 OK"));
    CHECK(contains(patient.read_until("at last"), "200 OK"));
}

TEST_CASE("closing ends the connections under way") {
    running_server server;
    client one(server);
    one.send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
    one.read_until("well\n");
    server.stop();
    CHECK(one.read_all().empty());
}

TEST_CASE("closing does not wait for answers that are still to come") {
    running_server server(operating_server::default_patience, 20s);
    client patient(server);
    patient.send("POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    while (!contains(ask(server, "GET", "/is-waited-for"), "200 OK")) std::this_thread::yield();
    const auto begin = core::clock::now();
    server.stop();
    CHECK(core::clock::now() - begin < 10s);
    CHECK(patient.read_all().empty());
}

TEST_CASE("connections that are left when the io_context goes are cleaned up") {
    auto context = std::make_unique<asio::io_context>(1);
    core::tcp::endpoint where;
    auto opened = std::make_unique<operating_server>(*context, test::listen_on_any_port(where));
    asio::io_context own;
    asio::ip::tcp::socket socket(own);
    socket.connect(where);
    context->run_for(20ms);
    opened.reset();
    context.reset();  // a leak would be reported by the sanitizer
    char c = 0;
    core::error_code ec;
    CHECK(asio::read(socket, asio::buffer(&c, 1), ec) == 0);
}

TEST_CASE("readiness follows the draining, liveness does not") {
    running_server server;
    CHECK(has_status(ask(server, "GET", "/readyz"), 200));
    CHECK(body_of(ask(server, "GET", "/readyz")) == "{\"status\":\"ok\"}\n");
    server.state.draining = true;
    const auto draining = ask(server, "GET", "/readyz");
    CHECK(has_status(draining, 503));
    CHECK(body_of(draining) == "{\"status\":\"draining\"}\n");
    CHECK(has_status(ask(server, "GET", "/livez"), 200));
}

TEST_CASE("metrics are served in the type that Prometheus asks for") {
    running_server server;
    const auto response = ask(server, "GET", "/metrics");
    CHECK(has_status(response, 200));
    CHECK(contains(response, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    CHECK(contains(response, "\r\nVary: Accept\r\n"));
    CHECK(contains(body_of(response), "\nbuild_info{"));
    CHECK_FALSE(contains(body_of(response), "# EOF"));
}

TEST_CASE("metrics are served as OpenMetrics to who prefers that") {
    running_server server;
    const auto [fields, preferred] = GENERATE(table<std::string, bool>({
        {"Accept: application/openmetrics-text\r\n", true},
        {"Accept: text/plain;q=0.5\r\nAccept: application/openmetrics-text; version=1.0.0\r\n", true},
        {"Accept: application/openmetrics-text;q=0.5\r\nAccept: text/plain\r\n", false},
        {"Accept: image/png\r\n", false},
    }));
    client one(server);
    one.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
    const auto response = one.read_all();
    INFO(fields);
    CHECK(has_status(response, 200));
    CHECK(contains(response,
                   "\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n") ==
          preferred);
    CHECK(body_of(response).ends_with("\n# EOF\n") == preferred);
}
