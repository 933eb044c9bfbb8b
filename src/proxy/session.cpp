#include <gate/proxy/linger.hpp>
#include <gate/proxy/session.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

namespace gate::proxy {

using core::reason;
using telemetry::connection_state;

namespace {

// How long a client may go on sending after our last answer.
constexpr core::duration linger_time{30000};

// What old clients send after a body (RFC 9112 2.2) begins no request.
bool is_empty_line(std::string_view received) noexcept {
    return received == "\r\n";
}

}  // namespace

session::session(context& where, session_owner& owner, core::tcp_socket socket,
                 const core::tcp::endpoint& peer)
    : context_(where), owner_(owner), downstream_(std::move(socket), where.wheel) {
    client_.address = net::canonical(peer.address());
    client_.address_text = net::to_text(client_.address);
    context_.metrics.downstream(counted_).add();
}

session::~session() {
    context_.idle.remove(*this);
    downstream_.stop_watching();
    context_.metrics.downstream(counted_).sub();
}

void session::count_as(connection_state state) noexcept {
    context_.metrics.downstream(counted_).sub();
    context_.metrics.downstream(state).add();
    counted_ = state;
}

void session::start() {
    const auto now = core::clock::now();
    idle_until_ = now + limits().header_timeout;
    context_.idle.add(*this, now);
    wait_for_request();
}

// Idle from here on, unless something has come already. May destroy this object.
void session::wait_for_request() {
    switch (downstream_.may_have_more() ? look_for_request() : arrival::nothing) {
        case arrival::request: run(); return;
        case arrival::end: owner_.on_end(*this); return;
        case arrival::nothing: break;
    }
    is_waiting_ = true;
    count_as(connection_state::idle);
    downstream_.watch(&session::on_event, this, idle_until_);
}

void session::on_event(void* self, net::wait_status status) {
    auto& one = *static_cast<session*>(self);
    one.is_waiting_ = false;
    one.count_as(connection_state::active);
    if (status == net::wait_status::ready) {
        one.wait_for_request();
    } else {
        one.owner_.on_end(one);
    }
}

// Reads into memory that all sessions share, and takes memory of its own only if something has come.
session::arrival session::look_for_request() {
    auto block = context_.blocks.take();
    const auto most = limits().head_size;
    auto got = downstream_.try_read(block.span().first(most));
    while (got.ok() && is_empty_line({block.data(), got.bytes})) {
        if (!downstream_.may_have_more()) return arrival::nothing;
        got = downstream_.try_read(block.span().first(most));
    }
    if (got.would_block()) return arrival::nothing;
    if (!got.ok()) return arrival::end;
    memory_ = context_.memories.take();
    memory_->assign({block.data(), got.bytes});
    context_.arrival.put(std::move(block), got.bytes);
    return arrival::request;
}

// From the first byte of a request to the next silence.
core::detached session::run() {
    auto next = afterwards::keep;
    try {
        turn_taker turn;
        while (next == afterwards::keep && memory_) {
            next = co_await serve();
            if (turn.is_over(0)) co_await core::asio::post(context_.executor, core::use_task);
            if (next == afterwards::keep && !memory_) next = look_further();
        }
        if (next == afterwards::linger) co_await wait_for_end();
    } catch (const std::exception& error) {
        owner_.on_failure(error);
        next = afterwards::abort;
    }
    if (memory_) context_.memories.give_back(std::move(memory_));
    if (next == afterwards::abort) downstream_.abort_on_close();
    if (next == afterwards::keep) {
        wait_for_request();
    } else {
        owner_.on_end(*this);
    }
}

// The last answer has gone: the client has some time to read it.
core::task<> session::wait_for_end() {
    if (memory_) context_.memories.give_back(std::move(memory_));
    const auto now = core::clock::now();
    linger_until_ = std::min(leave_by_, now + (context_.closing ? linger_patience : linger_time));
    if (leave_by_ == core::never) context_.idle.add(*this, now);
    return linger(downstream_, context_.blocks, linger_until_);
}

// What becomes of a connection from which no request has been read.
protocol::afterwards session::look_further() {
    if (downstream_.may_have_more() && look_for_request() == arrival::end) return afterwards::close;
    return memory_ || !context_.draining ? afterwards::keep : afterwards::close;
}

core::task<protocol::afterwards> session::serve() {
    started_ = core::clock::now();
    memory_->begin();
    head_came_ = started_;
    const auto head = co_await read_head();
    if (!head) context_.arrival.forget();
    if (!head && head.error() == reason::client_gone) co_return afterwards::close;
    context_.idle.remove(*this);
    ++requests_;
    look_at_snapshot();
    const auto most = limits().requests_per_connection;
    const bool used_up = most != 0 && requests_ >= most;
    auto next = afterwards::close;
    core::time_point idle_since;
    {
        const local_snapshot_pointer by = context_.current;
        const bool last = used_up || limits().keep_alive_timeout.count() == 0;
        const auto& options = by->shared->options;
        protocol::http1_inbound inbound(context_.http1, *this, downstream_, *memory_, options.limits, last);
        exchange one(context_, *by, inbound, client_, started_, head_came_);
        current_ = &one;
        auto wrong = reason::none;
        if (!head) {
            wrong = core::reason_of(head.error());
        } else if (const auto read = inbound.read_request(*head, by->shared->reading); !read) {
            wrong = core::reason_of(read.error());
        }
        co_await one.run(wrong);
        if (is_idle()) context_.idle.remove(*this);  // its client has taken its reply, or will not
        next = inbound.what_next();
        if (one.has_shown_token()) set_trusted();
        idle_since = one.ended();
        if (next == afterwards::drain) {
            next = co_await drain_body(inbound, idle_since);
            idle_since = core::clock::now();
        }
        current_ = nullptr;
        if (one.surprise()) report(one.surprise());
        idle_until_ = idle_since + limits().keep_alive_timeout;
    }
    if (next == afterwards::keep) carry_over();
    if (!memory_) context_.idle.add(*this, idle_since);
    co_return next;
}

// What is known of the client by the configuration of now, for the request that begins.
void session::look_at_snapshot() {
    const auto& current = *context_.current->shared;
    if (generation_ == current.generation) return;
    generation_ = current.generation;
    client_.is_trusted_proxy = !current.trusted.empty() && current.trusted.contains(client_.address);
}

void session::report(const std::exception_ptr& thrown) noexcept {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        owner_.on_failure(error);
    }
}

// What is left of the body of a request that has been answered is thrown away, to keep the connection.
core::task<protocol::afterwards> session::drain_body(protocol::http1_inbound& answered,
                                                     core::time_point since) {
    const idle_connections::stay idle(context_.idle, *this, since);
    drains_ = true;
    const bool is_read = co_await answered.drain_body();
    drains_ = false;
    co_return is_read ? afterwards::keep : afterwards::linger;
}

void session::on_reply_waits() noexcept {
    context_.idle.add(*this, core::clock::now());
}

// The size of the head at the beginning of memory_, once it is whole. client_gone: there will be none.
core::task<core::result<std::size_t>> session::read_head() {
    http::head_finder finder(context_.current->shared->head_limits);
    const auto found = finder.find(memory_->received());
    if (!found || *found > 0) return found;
    return read_rest_of_head(finder);
}

core::task<core::result<std::size_t>> session::read_rest_of_head(http::head_finder finder) {
    context_.arrival.forget();
    const auto until = started_ + limits().header_timeout;
    for (;;) {
        if (!may_read_more()) co_return reason::head_too_large;
        const auto got = downstream_.try_read(memory_->room());
        if (got.would_block()) {
            context_.idle.add(*this, started_);
            const auto status = co_await downstream_.readable(until);
            if (status == net::wait_status::timed_out) co_return reason::head_timeout;
            if (status == net::wait_status::cancelled) co_return reason::client_gone;
            continue;
        }
        if (got.error != 0) co_return reason::client_gone;
        if (got.eof) co_return memory_->filled == 0 ? reason::client_gone : reason::bad_request_line;
        memory_->filled += got.bytes;
        head_came_ = core::clock::now();
        const auto found = finder.find(memory_->received());
        if (!found || *found > 0) co_return found;
    }
}

// Makes room for more of a head; false when it is as large as one may be.
bool session::may_read_more() {
    if (!memory_->room().empty()) return true;
    const auto most = limits().head_size;
    if (memory_->capacity >= most) return false;
    memory_->reserve(std::min(memory_->capacity * 2, most));
    return true;
}

// Moves what follows the request to the front: the next request has begun. Gives the memory back if
// nothing does.
void session::carry_over() {
    memory_->begin_next();
    if (memory_->filled == 0 || is_empty_line(memory_->received()))
        context_.memories.give_back(std::move(memory_));
}

// What has been answered to its end is not cut, only left.
void session::cut() {
    if (is_waiting_) {
        owner_.on_end(*this);
    } else if (drains_ || is_lingering()) {
        leave(core::clock::now());
    } else {
        if (current_ != nullptr) current_->cut(reason::draining);
        downstream_.cut();
    }
}

void session::make_way() {
    context_.idle.remove(*this);
    if (is_waiting_) {
        owner_.on_end(*this);
    } else if (drains_ || is_lingering()) {
        const auto now = core::clock::now();
        leave(owner_.release_place(*this) ? now + linger_patience : now);
    } else if (current_ == nullptr) {
        downstream_.interrupt_reading(net::wait_status::cancelled);  // no head comes any more
    } else {
        downstream_.cut();  // its answer is not taken; the place counts as taken until the event loop tells
    }
}

// Its last answer has gone: the client may read that until then.
void session::leave(core::time_point by) {
    leave_by_ = std::min(leave_by_, by);
    if (drains_) {
        downstream_.interrupt_reading(net::wait_status::cancelled);
    } else {
        linger_until_ = std::min(linger_until_, leave_by_);
        downstream_.interrupt_reading(net::wait_status::ready);
    }
}

void session::drain() {
    if (is_lingering()) {  // its answer has gone: it may read it, but not hold us up
        linger_until_ = std::min(linger_until_, core::clock::now() + linger_patience);
    } else if (current_ != nullptr) {
        current_->drain();
    } else if (is_waiting_ && !downstream_.peek().has_data) {
        owner_.on_end(*this);
    }
}

}  // namespace gate::proxy
