#include "opener.hpp"

#include <gate/client/answer_times.hpp>
#include <gate/client/http_client.hpp>
#include <gate/client/kept_connections.hpp>
#include <gate/client/quiet_connection.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace gate::client {

// Kept by the calls and the sweep that are under way.
struct http_client::impl : std::enable_shared_from_this<impl> {
    struct prepared {
        std::optional<quiet_connection> own;  // none: see problem
        bool is_reused = false;
        call_problem problem;
    };
    impl(const core::executor& ex, const config::url& peer,
         std::shared_ptr<boost::asio::ssl::context> context, client_options opts)
        : executor(ex),
          url(peer),
          tls(std::move(context)),
          options(std::move(opts)),
          opening(ex, peer, limits, options),
          idle(options.max_idle, options.idle_timeout),
          sweeper(ex) {}

    static core::task<outcome> call(std::shared_ptr<impl> self, core::secret_string text,
                                    core::time_point deadline, connection_choice which);
    core::task<prepared> prepare(connection_choice which, core::time_point deadline);
    void finish(answered& got);

    bool must_wait() const { return options.may_send && !options.may_send(); }
    early_answers early() const {
        return options.takes_early_refusals ? early_answers::may_refuse : early_answers::are_faults;
    }
    void keep(std::unique_ptr<connection> used);
    void schedule_sweep();

    core::executor executor;
    config::url url;
    std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain
    client_options options;
    deadlines limits;  // of the calls under way
    opener opening;
    answer_times times;
    kept_connections idle;
    core::timer sweeper;
    bool sweeping = false;
};

// One exchange, and its one retry.
core::task<outcome> http_client::impl::call(std::shared_ptr<impl> self, core::secret_string text,
                                            core::time_point deadline, connection_choice which) {
    socket_deadline limit(self->executor, self->limits);
    outcome out;
    for (;; which = connection_choice::fresh) {
        auto ready = co_await self->prepare(which, deadline);
        out.repeated = out.times_sent != 0;
        if (!ready.own) {
            out.problem = std::move(ready.problem);
            co_return out;
        }
        if (self->must_wait()) {  // it took its time
            self->keep(std::move(*ready.own).release());
            out.problem.kind = failure::held_back;
            co_return out;
        }
        limit.arm(deadline, ready.own->socket());
        auto got = co_await quiet_connection::ask(std::move(*ready.own), text.reveal(), self->options.bounds,
                                                  self->early());
        limit.disarm();
        ++out.times_sent;
        const bool was_stale = got.failure && !got.any_byte && !limit.has_passed();
        if (was_stale && ready.is_reused) continue;
        out.problem = explain(got.failure, !limit.has_passed());
        if (out.problem.kind == failure::none) self->finish(got);
        out.answer = std::move(got.answer);
        co_return out;
    }
}

// Rule 30: whatever it returns has been looked at.
core::task<http_client::impl::prepared> http_client::impl::prepare(connection_choice which,
                                                                   core::time_point deadline) {
    prepared out;
    if (which == connection_choice::any) {
        while (auto kept = idle.take(core::clock::now())) {
            auto settled = co_await quiet_connection::settle(std::move(kept), deadline);
            if (!settled) continue;
            out.own = std::move(*settled);
            out.is_reused = true;
            co_return out;
        }
    }
    auto fresh = co_await opening.open(tls, deadline);
    if (!fresh.own) {
        out.problem = std::move(fresh.problem);
        co_return out;
    }
    auto settled = co_await quiet_connection::settle(std::move(fresh.own), deadline);
    if (settled) {
        out.own = std::move(*settled);
    } else {
        out.problem = explain(settled.error(), core::clock::now() < deadline);
    }
    co_return out;
}

void http_client::impl::finish(answered& got) {
    const auto now = core::clock::now();
    const auto rests_until = times.rest_after(got.asked, now);
    if (!got.reusable) return;
    got.reusable->rest_until(rests_until);
    keep(std::move(got.reusable));
}

void http_client::impl::keep(std::unique_ptr<connection> used) {
    if (limits.is_closed() || !used->is_under(tls.get())) return;
    idle.keep(std::move(used), core::clock::now());
    schedule_sweep();
}

void http_client::impl::schedule_sweep() {
    if (sweeping || idle.size() == 0) return;
    sweeping = true;
    sweeper.expires_after(options.idle_timeout);
    sweeper.async_wait([weak = weak_from_this()](core::error_code ec) {
        const auto self = weak.lock();
        if (ec || !self) return;
        self->sweeping = false;
        self->idle.drop_old(core::clock::now());
        self->schedule_sweep();
    });
}

http_client::http_client(core::executor executor, const config::url& peer,
                         std::shared_ptr<boost::asio::ssl::context> tls, client_options options) {
    // Never in the clear by mistake.
    if (peer.tls && tls == nullptr) throw std::invalid_argument("an https call needs a TLS context");
    if (!peer.tls) tls = nullptr;
    impl_ = std::make_shared<impl>(executor, peer, std::move(tls), std::move(options));
}

http_client::~http_client() {
    close();
}

core::task<outcome> http_client::call(const request& what, core::time_point deadline,
                                      connection_choice which) {
    auto text = request_text(what, authority_of(impl_->url));
    if (text) return impl::call(impl_, std::move(*text), deadline, which);
    outcome unsendable;
    unsendable.problem = {failure::unsendable, text.error().message()};
    return unsendable;
}

void http_client::use(std::shared_ptr<boost::asio::ssl::context> tls) {
    if (impl_->url.tls) impl_->tls = std::move(tls);
    impl_->idle.drop_others(impl_->tls.get());
}

void http_client::close() {
    impl_->idle.clear();
    impl_->sweeper.cancel();
    impl_->limits.close();
    impl_->opening.close();
}

bool http_client::is_closed() const noexcept {
    return impl_->limits.is_closed();
}

std::size_t http_client::idle_connections() const noexcept {
    return impl_->idle.size();
}

}  // namespace gate::client
