#include <gate/app/doctor/stage.hpp>
#include <gate/app/doctor/talk.hpp>
#include <gate/net/listening_socket.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace gate::app::doctor {
namespace {

constexpr std::chrono::seconds patience{5};  // for one request
constexpr std::size_t fields_at_least = 20;  // in a head: with fewer, nothing that is played would pass

std::string reply_with(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string gate_answer() {
    return reply_with(R"({"data":{"valid":true,"status":"active","gate_account_id":")" +
                      std::string(stage::account) + R"("}})");
}

config::config asking(config::config options, std::uint16_t gate) {
    options.gate.base_url = {false, "127.0.0.1", gate, ""};
    return options;
}

std::shared_ptr<const address_book> book_of(const core::stream_protocol::endpoint& place) {
    const auto out = std::make_shared<address_book>();
    out->set({place});
    return out;
}

}  // namespace

config::config staged(const config::config& options) {
    config::config out;
    out.listener.address = {"127.0.0.1", 0};
    out.auth.header_name = options.auth.header_name;
    out.auth.public_paths = {std::string(stage::public_path)};
    out.upstream.forward_token = options.upstream.forward_token;
    out.forwarded = options.forwarded;
    out.forwarded.trusted_proxies.clear();
    out.limits = options.limits;
    out.limits.fields = std::max<std::size_t>(options.limits.fields, fields_at_least);
    out.limits.connections = std::min<std::size_t>(options.limits.connections, 64);
    out.limits.connections_per_client = 0;
    out.limits.header_timeout = patience;
    out.workers = 1;
    out.log.access = false;
    out.secret_key = core::secret_string("sk_test_doctor");
    return out;
}

stage::stage(const config::config& options)
    : upstream_(reply_with("{}"), extra::place::this_process),
      gate_(gate_answer(), extra::place::loopback),
      options_(asking(staged(options), gate_.port())),
      nowhere_(::open("/dev/null", O_WRONLY | O_CLOEXEC)),
      output_(nowhere_),
      events_(output_, {core::log_level::error, core::log_format::text}),
      metrics_(1),
      state_(options_, events_, {}, {}) {
    // In a network of its own it can be listened on, and nobody reaches it.
    const bool has_loopback =
        wire::to_port("127.0.0.1", gate_.port(), core::clock::now() + patience).is_open();
    auto opened = net::listening_socket::open({"127.0.0.1", 0}, net::listening_socket::sharing::none);
    if (!opened || !has_loopback) throw std::runtime_error("no port of the loopback can be used");
    port_ = opened->local().port;
    const shared_parts parts{
        state_.tokens, state_.key, state_.accounts, state_.secret_keys, state_.connections, state_.house,
        metrics_,      output_,    events_};
    const worker_settings settings{
        std::make_shared<const proxy::snapshot>(options_), {book_of(upstream_.address())}, nullptr};
    worker_ = std::make_unique<worker>(parts, settings, 0U);
    worker_sockets at;
    at.push_back(std::move(*opened));
    worker_->listen(0, std::move(at));
    worker_->start();
}

// Sessions that are still there would be destroyed with their event loop, which they must not be.
stage::~stage() {
    worker_->cut();
    const auto until = core::clock::now() + patience;
    while (worker_->sessions() != 0 && core::clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    worker_->stop();
    worker_.reset();
    ::close(nowhere_);
}

stage::played stage::play(std::string_view bytes) {
    const auto until = core::clock::now() + patience;
    auto over = wire::to_port("127.0.0.1", port_, until);
    played out;
    out.status = ask(over, bytes, until).status;
    out.seen = upstream_.take();
    return out;
}

}  // namespace gate::app::doctor
