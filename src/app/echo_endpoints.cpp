#include <gate/app/echo_endpoints.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/random.hpp>
#include <gate/proxy/echo.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <array>
#include <exception>
#include <utility>

namespace gate::app {
namespace {

// Of 128 bits: nobody guesses it within a minute.
std::string new_nonce() {
    std::array<std::uint8_t, proxy::echo::nonce_size / 2> bytes{};
    core::fill_with_random(bytes);
    std::string out(proxy::echo::nonce_size, '0');
    core::write_hex(bytes, out.data());
    return out;
}

}  // namespace

void echo_endpoints::add_to(operating_server& admin) {
    admin.handle_late("POST", "/echo", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) core::spawn(open(done));
    });
    admin.handle_late("DELETE", "/echo", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) core::spawn(close(done));
    });
}

void echo_endpoints::stop() {
    end_.cancel();
    server_.reset();
}

// The workers forget the one before when they hear of this one.
core::task<> echo_endpoints::open(answering done) {
    forget();
    const auto nonce = new_nonce();
    const auto where = std::make_shared<address_book>();
    try {
        server_ = std::make_unique<echo_server>(control_);
        where->set({server_->address()});
    } catch (const std::exception&) {
        server_.reset();
    }
    if (!server_) {
        const auto id = ids_.next();
        done(reply_of({.status = 503,
                       .code = "echo.unavailable",
                       .message = "No socket can be opened.",
                       .retryable = true,
                       .request_id = id.view()}));
        co_return;
    }
    co_await tell_workers(where, core::secret_string(nonce));
    end_.expires_after(lasts);
    end_.async_wait([this](const core::error_code& ec) {
        if (!ec) core::spawn(close([](endpoint_reply) { return false; }));
    });
    const auto until = telemetry::timestamp_text(core::wall_clock::now() + lasts);
    events_.info("a temporary echo was opened", {{"until", std::string_view(until)}});
    core::json_writer to;
    to.begin_object();
    to.member("path", std::string_view("/" + std::string(proxy::echo::segment) + "/" + nonce));
    to.member("until", std::string_view(until));
    to.member("seconds", static_cast<std::uint64_t>(lasts.count()));
    to.end_object();
    done(json_reply(200, to));
}

core::task<> echo_endpoints::close(answering done) {
    forget();
    co_await tell_workers(nullptr, {});
    core::json_writer to;
    to.begin_object();
    to.member("closed", true);
    to.end_object();
    done(json_reply(200, to));
}

// What is under way there is cut.
void echo_endpoints::forget() {
    end_.cancel();
    if (!server_) return;
    events_.info("the temporary echo was closed", {{"requests", server_->requests()}});
    server_.reset();
}

core::task<> echo_endpoints::tell_workers(std::shared_ptr<const address_book> where,
                                          core::secret_string nonce) {
    worker_group::action tell = [&](worker& each, std::function<void()> done) {
        each.set_echo(where, nonce, std::move(done));
    };
    co_await workers_.on_all(std::move(tell));
}

}  // namespace gate::app
