#include "any_port.hpp"

#include <gate/app/admin_endpoints.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch.hpp>
#include <deque>
#include <stdexcept>
#include <thread>

using namespace gate;
using namespace gate::app;
using namespace std::chrono_literals;
namespace asio = core::asio;
using verify::revocation;
using verify::revocation_result;

namespace {

const std::string admin_token = "hunter2-hunter2-hunter2";

// Made before the options, which are not changed any more.
config::config options_with_token() {
    config::config out;
    out.admin_token = core::secret_string(admin_token);
    return out;
}

// The endpoints on a listener of their own, and a Gate that answers when the test lets it.
class fixture {
public:
    fixture() {
        server_ = std::make_unique<operating_server>(context_, test::listen_on_any_port(where_));
        endpoints.add_to(*server_);
        metrics.add(endpoints);
        let_go_.expires_at(core::time_point::max());
        gate_says_.result = revocation_result::revoked;
        thread_ = std::thread([this] { context_.run(); });
    }
    ~fixture() {
        open_gate();
        asio::post(context_, [this] { server_->close(); });
        thread_.join();
    }

    // Gate answers those who wait, and everybody after them.
    void open_gate() {
        asio::post(context_, [this] { let_go_.expires_at(core::time_point::min()); });
    }
    void let_gate_say(revocation_result what, core::reason why = core::reason::none) {
        asio::post(context_, [this, what, why] {
            gate_says_.result = what;
            gate_says_.reason = why;
            gate_says_.retry_after = 30s;
        });
    }
    void let_it_take(unsigned calls_each) {
        asio::post(context_, [this, calls_each] { gate_says_.calls = calls_each; });
    }
    void wait_for_calls(int wanted) const {
        while (calls < wanted) std::this_thread::yield();
    }
    bool is_revoked(std::string_view token) {
        return tokens.facts.is_revoked(hasher().key_of(token), core::clock::now());
    }
    core::tcp::endpoint where() const { return where_; }

    auth::token_hasher hasher() const { return {key_, "http://gate", "id"}; }

    std::atomic<int> calls{0};
    std::atomic<bool> throws{false};
    std::atomic<int> streams_ended{0};
    telemetry::metrics metrics{1};
    const config::config options = options_with_token();
    auth::shared_state tokens{options.cache, options.gate, options.limits};

private:
    core::task<revocation> ask_gate(core::secret_string token, core::time_point) {
        ++calls;
        if (token.reveal().empty() || throws) throw std::runtime_error("secret detail");
        (void)co_await let_go_.async_wait(core::use_task);
        co_return gate_says_;
    }

    core::task<> end_streams() {
        core::timer soon(context_, core::duration{1});
        (void)co_await soon.async_wait(core::use_task);
        ++streams_ended;
    }

    revocation gate_says_;
    asio::io_context context_{1};
    core::timer let_go_{context_.get_executor()};
    auth::process_key key_ = auth::process_key::random();
    telemetry::log_output log_output_;
    telemetry::event_log events_{log_output_, {core::log_level::error, core::log_format::json}};

public:
    admin_endpoints endpoints{[this]() -> const config::config& { return options; },
                              tokens,
                              hasher(),
                              [this](core::secret_string token, core::time_point deadline) {
                                  return ask_gate(std::move(token), deadline);
                              },
                              [this] { return end_streams(); },
                              events_,
                              context_.get_executor()};

private:
    std::unique_ptr<operating_server> server_;
    core::tcp::endpoint where_;
    std::thread thread_;
};

class call {
public:
    call(const fixture& to, const std::string& token) {
        socket_.connect(to.where());
        const auto body = "{\"agent_token\": \"" + token + "\"}";
        asio::write(socket_, asio::buffer("POST /revoke HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                          "Authorization: Bearer " +
                                          admin_token + "\r\nContent-Length: " + std::to_string(body.size()) +
                                          "\r\n\r\n" + body));
    }
    std::string answer() {
        std::string all;
        core::error_code ignored;
        asio::read(socket_, asio::dynamic_buffer(all), ignored);
        return all;
    }

private:
    asio::io_context context_;
    asio::ip::tcp::socket socket_{context_};
};

bool contains(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(fixture, "a token is refused here before Gate has answered") {
    call one(*this, "agt_a");
    wait_for_calls(1);
    CHECK(is_revoked("agt_a"));
    CHECK(!is_revoked("agt_b"));
    open_gate();
    CHECK(contains(one.answer(), "\"known_to_gate\":true"));
}

TEST_CASE_METHOD(fixture,
                 "rule 29: a revocation is not acknowledged before the streams of the token have ended") {
    const bool gate_is_asked = GENERATE(true, false);
    if (!gate_is_asked) tokens.calls.rate_limited(30s, core::clock::now());
    open_gate();
    CHECK(contains(call(*this, "agt_a").answer(), gate_is_asked ? "HTTP/1.1 200 " : "HTTP/1.1 503 "));
    CHECK(streams_ended == 1);
}

TEST_CASE_METHOD(fixture,
                 "more revocations than there is room for are told to come again, and refused here") {
    std::deque<call> under_way;
    for (unsigned i = 0; i < admin_endpoints::max_revocations; ++i)
        under_way.emplace_back(*this, "agt_" + std::to_string(i));
    wait_for_calls(admin_endpoints::max_revocations);
    const auto refused = call(*this, "agt_more").answer();
    CHECK(contains(refused, "HTTP/1.1 503 "));
    CHECK(contains(refused, "\"gate_busy\""));
    CHECK(contains(refused, "\r\nRetry-After: 1\r\n"));
    CHECK(is_revoked("agt_more"));
    CHECK(calls == admin_endpoints::max_revocations);
    open_gate();
    for (auto& each : under_way) CHECK(contains(each.answer(), "HTTP/1.1 200 "));
    CHECK(contains(call(*this, "agt_more").answer(), "HTTP/1.1 200 "));
}

TEST_CASE_METHOD(fixture, "a revocation takes from the budget what it has sent") {
    let_it_take(3);
    open_gate();
    CHECK(contains(call(*this, "agt_a").answer(), "HTTP/1.1 200 "));
    auth::call_result answered;
    answered.reason = core::reason::token_verified;
    std::size_t left = 0;
    const auto now = core::clock::now();
    while (tokens.calls.ask(auth::lane::known, {}, now).step == auth::admission::kind::go) {
        tokens.calls.ended(auth::lane::known, {}, answered, now);
        ++left;
    }
    CHECK(left == options.gate.budget.limit - 3);
}

TEST_CASE_METHOD(fixture, "while Gate has told us to wait nobody calls it") {
    tokens.calls.rate_limited(30s, core::clock::now());
    const auto refused = call(*this, "agt_a").answer();
    CHECK(contains(refused, "\"gate_rate_limited\""));
    CHECK(calls == 0);
    CHECK(is_revoked("agt_a"));
}

TEST_CASE_METHOD(fixture, "a 429 of the revocation stops all other calls too") {
    let_gate_say(revocation_result::failed, core::reason::gate_rate_limited);
    open_gate();
    CHECK(contains(call(*this, "agt_a").answer(), "\"gate_rate_limited\""));
    CHECK(tokens.calls.time_left(core::clock::now()) > 20s);
}

TEST_CASE_METHOD(fixture, "a call that cannot be made gives its place back and does not say why") {
    throws = true;
    for (unsigned i = 0; i <= admin_endpoints::max_revocations; ++i) {
        const auto failed = call(*this, "agt_a").answer();
        CHECK(contains(failed, "\"internal_error\""));
        CHECK(!contains(failed, "secret detail"));
    }
}

TEST_CASE_METHOD(fixture, "revocations are counted by what Gate made of them") {
    open_gate();
    (void)call(*this, "agt_a").answer();
    let_gate_say(revocation_result::unknown_token);
    (void)call(*this, "agt_b").answer();
    const auto text = telemetry::prometheus_text(metrics.read());
    CHECK(contains(text, "gate_revocations_total{result=\"revoked\"} 1\n"));
    CHECK(contains(text, "gate_revocations_total{result=\"unknown_token\"} 1\n"));
    CHECK(contains(text, "gate_revocations_total{result=\"failed\"} 0\n"));
}
