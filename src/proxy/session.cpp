#include <gate/proxy/relay.hpp>
#include <gate/proxy/session.hpp>

#include <boost/asio/post.hpp>

namespace gate::proxy {

using core::reason;
using telemetry::connection_state;

namespace {

// What is asked of the session meanwhile concerns this exchange.
class shown_exchange {
public:
    shown_exchange(protocol::carried_exchange*& where, protocol::carried_exchange& one) noexcept
        : where_(where) {
        where_ = &one;
    }
    ~shown_exchange() { where_ = nullptr; }
    shown_exchange(const shown_exchange&) = delete;
    shown_exchange& operator=(const shown_exchange&) = delete;

private:
    protocol::carried_exchange*& where_;
};

}  // namespace

session::session(session_resources& resources, session_owner& owner, protocol::door& leads_to,
                 core::stream_socket socket, protocol::peer who)
    : resources_(resources),
      owner_(owner),
      door_(leads_to),
      downstream_(std::move(socket), resources.wheel),
      peer_(std::move(who)) {
    resources_.metrics.downstream(counted_).add();
}

session::~session() {
    resources_.idle.remove(*this);
    downstream_.stop_watching();
    resources_.metrics.downstream(counted_).sub();
}

void session::count_as(connection_state state) noexcept {
    resources_.metrics.downstream(counted_).sub();
    resources_.metrics.downstream(state).add();
    counted_ = state;
}

void session::start() {
    const auto now = core::clock::now();
    idle_until_ = now + limits().header_timeout;
    resources_.idle.add(*this, now);
    wait_for_request();
}

// Idle from here on, unless something has come already. May destroy this object. Called by the event loop,
// which belongs to all sessions: want of memory ends this one alone.
void session::wait_for_request() noexcept {
    try {
        switch (downstream_.may_have_more() ? look_for_request() : first_byte::nothing) {
            case first_byte::request: run(); return;
            case first_byte::nothing: be_idle(); return;
            case first_byte::end: break;
        }
    } catch (const std::exception& error) {
        forget_request();
        owner_.on_failure(error);
    }
    owner_.on_end(*this);
}

void session::be_idle() {
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

// From the first byte of a request to the next silence.
core::detached session::run() {
    auto next = afterwards::keep;
    try {
        turn_taker turn;
        while (next == afterwards::keep && memory_) {
            next = co_await serve();
            if (turn.is_over(0)) co_await core::asio::post(resources_.executor, core::use_task);
            if (next == afterwards::keep && !memory_) next = look_further();
        }
        if (next == afterwards::linger) co_await wait_for_end();
    } catch (const std::exception& error) {
        owner_.on_failure(error);
        resources_.arrival.forget();
        next = afterwards::abort;
    }
    if (memory_) resources_.memories.give_back(std::move(memory_));
    if (next == afterwards::abort) downstream_.abort_on_close();
    if (next == afterwards::keep) {
        wait_for_request();
    } else {
        owner_.on_end(*this);
    }
}

core::task<protocol::afterwards> session::serve() {
    started_ = core::clock::now();
    memory_->begin();
    head_came_ = started_;
    const auto head = co_await read_head();
    if (!head) resources_.arrival.forget();
    if (!head && head.error() == reason::client_gone) co_return afterwards::close;
    resources_.idle.remove(*this);
    ++requests_;
    look_at_snapshot();
    const auto most = limits().requests_per_connection;
    const bool used_up = most != 0 && requests_ >= most;
    auto next = afterwards::close;
    core::time_point idle_since;
    {
        const local_snapshot_pointer by = resources_.current;
        const bool last = used_up || limits().keep_alive_timeout.count() == 0 || peer_.must_come_again();
        const auto& options = by->shared->options;
        protocol::http1_inbound inbound(resources_.http1, *this, downstream_, *memory_, options.limits, last);
        const auto one = door_.begin(inbound, peer_, started_, head_came_);
        const shown_exchange shown(current_, *one);
        auto wrong = reason::none;
        if (!head) {
            wrong = core::reason_of(head.error());
        } else if (const auto read = inbound.read_request(*head, door_.reading()); !read) {
            wrong = core::reason_of(read.error());
        }
        co_await one->run(wrong);
        if (is_idle()) resources_.idle.remove(*this);  // its client has taken its reply, or will not
        next = inbound.what_next();
        if (one->has_shown_token()) set_trusted();
        idle_since = one->ended();
        if (next == afterwards::discard) {
            next = co_await discard_body(inbound, idle_since);
            idle_since = core::clock::now();
        }
        if (one->surprise()) report(one->surprise());
        idle_until_ = idle_since + limits().keep_alive_timeout;
    }
    if (next == afterwards::keep) carry_over();
    if (!memory_) resources_.idle.add(*this, idle_since);
    co_return next;
}

// Judges the client by the configuration of now, for the request that begins.
void session::look_at_snapshot() {
    const auto& current = *resources_.current->shared;
    if (generation_ == current.generation) return;
    generation_ = current.generation;
    peer_.is_trusted_proxy = door_.trusts(peer_.socket);
    if (peer_.is_over_tls()) peer_.tls->judge(door_.rules_for_certificates(*peer_.by));
}

void session::report(const std::exception_ptr& thrown) noexcept {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        owner_.on_failure(error);
    }
}

// What is left of the body of a request that has been answered is thrown away, to keep the connection.
core::task<protocol::afterwards> session::discard_body(protocol::http1_inbound& answered,
                                                       core::time_point since) {
    const idle_connections::stay idle(resources_.idle, *this, since);
    discards_ = true;
    const bool is_read = co_await answered.discard_body();
    discards_ = false;
    co_return is_read ? afterwards::keep : afterwards::linger;
}

void session::on_reply_waits() noexcept {
    resources_.idle.add(*this, core::clock::now());
}

}  // namespace gate::proxy
