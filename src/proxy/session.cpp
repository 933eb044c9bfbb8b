#include <gate/proxy/session.hpp>

#include <cstring>

namespace gate::proxy {

using core::reason;
using telemetry::connection_state;

namespace {

// How long, and for how much, a client may go on sending after our last answer.
constexpr core::duration linger_time{2000};
constexpr std::size_t linger_bytes = 1024 * 1024;

}  // namespace

session::session(context& where, core::tcp_socket socket, const core::tcp::endpoint& peer)
    : context_(where), downstream_(std::move(socket), where.wheel) {
    client_.address = net::canonical(peer.address());
    client_.address_text = net::to_text(client_.address);
    client_.is_trusted_proxy = !where.site.trusted.empty() && where.site.trusted.contains(client_.address);
}

core::task<> session::run() {
    context_.metrics.downstream(connection_state::active).add();
    auto next = afterwards::keep;
    while (next == afterwards::keep) {
        if (!memory_) {
            count_as(connection_state::active, connection_state::idle);
            const bool has_come = co_await wait_for_request();
            count_as(connection_state::idle, connection_state::active);
            if (!has_come) break;
        }
        next = co_await serve();
    }
    if (next == afterwards::linger) co_await linger();
    if (next == afterwards::abort) downstream_.abort_on_close();
    if (memory_) context_.memories.give_back(std::move(memory_));
    context_.metrics.downstream(connection_state::active).sub();
}

void session::count_as(connection_state from, connection_state to) noexcept {
    context_.metrics.downstream(from).sub();
    context_.metrics.downstream(to).add();
}

// Waits without a buffer. False when the connection has ended, or its time has.
core::task<bool> session::wait_for_request() {
    const auto& limits = context_.site.options.limits;
    const auto patience = requests_ == 0 ? limits.header_timeout : limits.keep_alive_timeout;
    const auto until = core::clock::now() + patience;
    for (;;) {
        if (context_.draining && requests_ > 0) co_return false;
        idle_ = true;
        const auto status = co_await downstream_.readable(until);
        idle_ = false;
        if (status != net::wait_status::ready) co_return false;
        memory_ = context_.memories.take();
        const auto got = downstream_.try_read(memory_->room());
        memory_->filled = got.bytes;
        if (got.ok()) co_return true;
        context_.memories.give_back(std::move(memory_));
        if (!got.would_block()) co_return false;
    }
}

core::task<afterwards> session::serve() {
    started_ = core::clock::now();
    memory_->begin();
    const auto head = co_await read_head();
    if (!head && head.error() == reason::client_gone) co_return afterwards::close;
    ++requests_;
    const auto& limits = context_.site.options.limits;
    const bool used_up = limits.requests_per_connection != 0 && requests_ >= limits.requests_per_connection;
    auto next = afterwards::close;
    {
        const bool last = used_up || limits.keep_alive_timeout.count() == 0;
        exchange one(context_, *memory_, downstream_, client_, started_, last);
        current_ = &one;
        next = co_await one.run(head);
        current_ = nullptr;
    }
    if (next == afterwards::keep) carry_over();
    co_return next;
}

// The size of the head at the beginning of memory_, once it is whole. client_gone: there will be none.
core::task<core::result<std::size_t>> session::read_head() {
    http::head_finder finder(context_.site.head_limits);
    const auto until = started_ + context_.site.options.limits.header_timeout;
    for (;;) {
        const auto found = finder.find(memory_->received());
        if (!found) co_return found.error();
        if (*found > 0) co_return *found;
        if (memory_->room().empty()) co_return reason::head_too_large;
        const auto got = downstream_.try_read(memory_->room());
        if (got.would_block()) {
            const auto status = co_await downstream_.readable(until);
            if (status == net::wait_status::timed_out) co_return reason::head_timeout;
            if (status == net::wait_status::cancelled) co_return reason::client_gone;
            continue;
        }
        if (got.error != 0) co_return reason::client_gone;
        if (got.eof) co_return memory_->filled == 0 ? reason::client_gone : reason::bad_request_line;
        memory_->filled += got.bytes;
    }
}

// Moves what lies behind the request to the front: the next request has begun. Gives the memory back if
// nothing does.
void session::carry_over() {
    auto& memory = *memory_;
    if (!memory.overflow.empty()) {
        memory.filled = memory.overflow.copy(memory.input.get(), memory.capacity);
        memory.overflow.clear();
    } else {
        const auto left = memory.filled - memory.used;
        std::memmove(memory.input.get(), memory.input.get() + memory.used, left);
        memory.filled = left;
    }
    if (memory.filled == 0) context_.memories.give_back(std::move(memory_));
}

// RFC 9112 9.6: closes so that a client that is still sending can read our answer.
core::task<> session::linger() {
    downstream_.shutdown_send();
    const auto until = core::clock::now() + linger_time;
    auto block = context_.blocks.take();
    for (std::size_t read = 0; read < linger_bytes;) {
        const auto got = downstream_.try_read(block.span());
        read += got.bytes;
        if (got.would_block()) {
            if (co_await downstream_.readable(until) != net::wait_status::ready) break;
        } else if (!got.ok()) {
            break;
        }
    }
}

void session::cut() noexcept {
    if (current_ != nullptr) current_->cut();
    downstream_.cut();
}

void session::drain() {
    if (idle_ && !downstream_.peek().has_data) downstream_.interrupt_reading(net::wait_status::cancelled);
}

}  // namespace gate::proxy
