#include <gate/app/echo_endpoints.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/app/request_members.hpp>
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

endpoint_reply closed_reply(bool is_closed) {
    core::json_writer to;
    to.begin_object();
    to.member("closed", is_closed);
    to.end_object();
    return json_reply(200, to);
}

}  // namespace

void echo_endpoints::add_to(operating_server& admin) {
    admin.handle_late("POST", "/echo", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) core::spawn(open(done));
    });
    admin.handle_late("DELETE", "/echo", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) close(request, done);
    });
}

void echo_endpoints::stop() {
    ++number_;
    end_.cancel();
    server_.reset();
}

// Its time runs before the workers have heard of it: one that hangs does not make it last. They forget the
// one before when they hear of this one.
core::task<> echo_endpoints::open(answering done) {
    forget();
    const auto number = number_;
    const auto nonce = new_nonce();
    const auto where = std::make_shared<address_book>();
    if (!serve(*where)) {
        co_await tell_workers(nullptr, {});
        done(refused(503, "echo.unavailable", "No socket can be opened."));
        co_return;
    }
    path_ = "/" + std::string(proxy::echo::segment) + "/" + nonce;
    const auto until = telemetry::timestamp_text(core::wall_clock::now() + life_);
    end_in_time(number);
    events_.info("a temporary echo was opened", {{"until", std::string_view(until)}});
    co_await tell_workers(where, core::secret_string(nonce));
    if (number != number_) {
        done(refused(409, "echo.closed", "Another echo has taken its place, or its time is over."));
        co_return;
    }
    core::json_writer to;
    to.begin_object();
    to.member("path", std::string_view(path_));
    to.member("until", std::string_view(until));
    to.member("seconds",
              static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(life_).count()));
    to.end_object();
    done(json_reply(200, to));
}

bool echo_endpoints::serve(address_book& where) {
    try {
        server_ = std::make_unique<echo_server>(control_);
        where.set({server_->address()});
        return true;
    } catch (const std::exception&) {
        server_.reset();
        return false;
    }
}

// An end that waits to be handled when the next echo is opened is not the end of that.
void echo_endpoints::end_in_time(std::uint64_t number) {
    end_.expires_after(life_);
    end_.async_wait([this, number](const core::error_code& ec) {
        if (!ec && number == number_) core::spawn(close_now([](const endpoint_reply&) { return false; }));
    });
}

// Who names the path of an echo closes that alone: not the one that has taken its place.
void echo_endpoints::close(const endpoint_request& request, const answering& done) {
    const auto text = request.body.reveal();
    if (text.empty()) return core::spawn(close_now(done));
    const auto body = request_members::read(text, {"path"});
    if (!body) return void(done(refused(400, "request.validation_failed", body.error())));
    const auto path = body->text("path");
    if (!path || (server_ && *path == path_)) return core::spawn(close_now(done));
    done(closed_reply(false));
}

core::task<> echo_endpoints::close_now(answering done) {
    forget();
    co_await tell_workers(nullptr, {});
    done(closed_reply(true));
}

// What is under way there is cut.
void echo_endpoints::forget() {
    ++number_;
    end_.cancel();
    if (!server_) return;
    events_.info("the temporary echo was closed", {{"requests", server_->requests()}});
    server_.reset();
}

endpoint_reply echo_endpoints::refused(unsigned status, std::string_view code, std::string_view message) {
    const auto id = ids_.next();
    return reply_of({.status = status,
                     .code = code,
                     .message = message,
                     .retryable = status != 400,
                     .request_id = id.view()});
}

core::task<> echo_endpoints::tell_workers(std::shared_ptr<const address_book> where,
                                          core::secret_string nonce) {
    worker_group::action tell = [&](worker& each, std::function<void()> done) {
        each.set_echo(where, nonce, std::move(done));
    };
    co_await workers_.on_all(std::move(tell));
}

}  // namespace gate::app
