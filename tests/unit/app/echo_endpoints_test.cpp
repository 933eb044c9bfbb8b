// The temporary echo: when it ends, and who ends it.
#include "any_port.hpp"
#include "logged_lines.hpp"
#include "worker_surroundings.hpp"

#include <gate/app/echo_endpoints.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>

#include <thread>

using namespace gate;
using namespace std::chrono_literals;

namespace {

const std::string admin_token = "hunter2-hunter2-hunter2";

config::config options_with_token() {
    config::config out;
    out.admin_token = core::secret_string(admin_token);
    return out;
}

// `workers`: that hang until they are started.
class fixture : public test::worker_surroundings {
public:
    explicit fixture(core::duration life, unsigned workers = 0)
        : worker_surroundings(100, 1), common_(parts()), count_(workers) {
        workers_.make(workers, common_, settings(config::auth_mode::optional));
        endpoints_ = std::make_unique<app::echo_endpoints>(
            control_.get_executor(), [this]() -> const config::config& { return options_; }, workers_,
            log.events, life);
        server_ = std::make_unique<app::operating_server>(control_, test::listen_on_any_port(where));
        endpoints_->add_to(*server_);
        thread_ = std::thread([this] { control_.run(); });
    }
    ~fixture() {
        start();
        boost::asio::post(control_, [this] {
            server_->close();
            endpoints_->stop();
            work_.reset();
        });
        thread_.join();
        workers_.cut();
        workers_.stop();
    }

    void start() {
        if (count_ != 0 && !std::exchange(is_started_, true)) workers_.start();
    }
    bool wait_for(std::string_view words, int times = 1) {
        const auto end = core::clock::now() + 10s;
        while (log.count(words) < times && core::clock::now() < end) std::this_thread::sleep_for(1ms);
        return log.count(words) == times;
    }

    core::tcp::endpoint where;
    logged_lines log;

private:
    const config::config options_ = options_with_token();
    const app::shared_parts common_;
    const unsigned count_;
    bool is_started_ = false;
    core::asio::io_context control_{1};
    boost::asio::executor_work_guard<core::asio::io_context::executor_type> work_{control_.get_executor()};
    app::worker_group workers_{control_};
    std::unique_ptr<app::echo_endpoints> endpoints_;
    std::unique_ptr<app::operating_server> server_;
    std::thread thread_;
};

class call {
public:
    call(const fixture& to, const std::string& method, const std::string& body = {}) {
        socket_.connect(to.where);
        boost::asio::write(
            socket_,
            boost::asio::buffer(method + " /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                "Authorization: Bearer " + admin_token +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    }
    std::string answer() {
        std::string all;
        core::error_code ignored;
        boost::asio::read(socket_, boost::asio::dynamic_buffer(all), ignored);
        return all;
    }

private:
    core::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
};

// {"path": ...} of the answer to a POST.
std::string path_in(const std::string& answer) {
    const auto from = answer.find("\"path\"");
    REQUIRE(from != std::string::npos);
    return "{" + answer.substr(from, answer.find(',', from) - from) + "}";
}

bool contains(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

const std::string was_opened = "a temporary echo was opened";
const std::string was_closed = "the temporary echo was closed";

}  // namespace

TEST_CASE("an echo ends in its time, and the next one has its own") {
    fixture f(20ms);
    const auto path = path_in(call(f, "POST").answer());
    CHECK(f.wait_for(was_closed));
    CHECK(contains(call(f, "DELETE", path).answer(), "{\"closed\":false}"));
    CHECK(contains(call(f, "POST").answer(), "HTTP/1.1 200 "));
    CHECK(f.wait_for(was_closed, 2));
}

TEST_CASE("a worker that hangs makes no echo last") {
    fixture f(20ms, 1);
    call opening(f, "POST");
    CHECK(f.wait_for(was_closed));
    f.start();
    const auto answer = opening.answer();
    CHECK(contains(answer, "HTTP/1.1 409 "));
    CHECK(contains(answer, "echo.closed"));
}

TEST_CASE("who opens an echo is told if another has taken its place before it could be used") {
    fixture f(1h, 1);
    call first(f, "POST");
    CHECK(f.wait_for(was_opened));
    call second(f, "POST");
    CHECK(f.wait_for(was_opened, 2));
    f.start();
    CHECK(contains(first.answer(), "HTTP/1.1 409 "));
    CHECK(contains(second.answer(), "HTTP/1.1 200 "));
}

TEST_CASE("who names an echo closes that one alone") {
    fixture f(1h);
    const auto first = path_in(call(f, "POST").answer());
    const auto second = path_in(call(f, "POST").answer());
    CHECK(first != second);
    CHECK(contains(call(f, "DELETE", first).answer(), "{\"closed\":false}"));
    CHECK(f.log.count(was_closed) == 1);
    CHECK(contains(call(f, "DELETE", second).answer(), "{\"closed\":true}"));
    CHECK(f.log.count(was_closed) == 2);
    CHECK(contains(call(f, "DELETE", second).answer(), "{\"closed\":false}"));
}

TEST_CASE("without a name whichever echo there is is closed, and a body that is none is refused") {
    fixture f(1h);
    CHECK(contains(call(f, "POST").answer(), "HTTP/1.1 200 "));
    for (const auto* body : {"{\"path\": 1}", "{\"paths\": \"/\"}", "x"})
        CHECK(contains(call(f, "DELETE", body).answer(), "HTTP/1.1 400 "));
    CHECK(f.log.count(was_closed) == 0);
    CHECK(contains(call(f, "DELETE").answer(), "{\"closed\":true}"));
    CHECK(f.log.count(was_closed) == 1);
}
