#include "call_text.hpp"

#include <gate/verify/client.hpp>
#include <gate/verify/connection.hpp>
#include <gate/verify/deadline.hpp>
#include <gate/verify/resolver.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace gate::verify {
namespace {

using auth::verification;
using core::reason;

// The one in use, the new one beside it, and one that was read meanwhile.
constexpr std::size_t max_keys_tried = 3;
// Reading a file takes less, unless the program is about to end.
constexpr core::duration patience_for_keys{500};

// How long the slowest answer took: of this minute, or the one before.
class slowest_of_late {
public:
    void add(core::time_point::duration took, core::time_point now) {
        if (now - began_ >= std::chrono::minutes(1)) {
            before_ = std::exchange(current_, {});
            began_ = now;
        }
        current_ = std::max(current_, took);
    }
    core::time_point::duration get() const { return std::max(before_, current_); }

private:
    core::time_point began_{};
    core::time_point::duration before_{};
    core::time_point::duration current_{};
};

// An answer to no request may have been taken for that of a call, if it crossed the request. Then the
// real one is still to come, about as late as others did: until then its connection is not asked again, so
// that the error goes no further than that call. Not for longer than this, for a call may wait for it.
constexpr core::duration longest_rest{100};

bool is_new_to(const std::vector<key_pointer>& tried, const key_pointer& key) {
    return key && is_usable_key(*key) &&
           std::ranges::none_of(tried, [&](const key_pointer& each) { return *each == *key; });
}

// What Gate has told another call since this one was let go.
verification held_back() {
    auto out = unavailable(reason::gate_rate_limited, {});
    out.calls = 0;
    out.held_back = true;
    return out;
}

}  // namespace

// Kept by the calls and the sweep that are under way.
struct client::impl : std::enable_shared_from_this<client::impl> {
    struct idle_connection {
        std::unique_ptr<connection> own;
        core::time_point since;
    };
    struct opened {
        std::unique_ptr<connection> own;  // null: see failure
        verification failure;
    };
    enum class preference : std::uint8_t { any, fresh };
    struct prepared {
        std::optional<quiet_connection> own;  // none: see failure
        bool is_reused = false;
        verification failure;
    };
    // A socket_deadline that close() finds.
    class call_limit : public socket_deadline {
    public:
        explicit call_limit(impl& owner) : socket_deadline(owner.executor), owner_(owner) {
            owner_.limits.push_back(this);
        }
        ~call_limit() { std::erase(owner_.limits, this); }
        call_limit(const call_limit&) = delete;
        call_limit& operator=(const call_limit&) = delete;

    private:
        impl& owner_;
    };

    impl(const core::executor& ex, const config::gate_options& gate, key_ring& ring,
         std::shared_ptr<boost::asio::ssl::context> context, client_options opts)
        : executor(ex),
          host(gate.base_url.host),
          text(gate, opts.version),
          keys(ring),
          tls(gate.base_url.tls ? std::move(context) : nullptr),
          options(std::move(opts)),
          addresses(ex, host, gate.base_url.port, options.resolve_again),
          sweeper(ex) {}

    static core::task<verification> verify(std::shared_ptr<impl> self, core::secret_string token,
                                           core::time_point deadline, auth::attempt number);
    static core::task<verification> send(std::shared_ptr<impl> self, core::secret_string request,
                                         core::time_point deadline, auth::attempt number);
    core::task<> read_keys_again(key_pointer refused, core::time_point deadline);
    core::task<prepared> prepare(preference which, core::time_point deadline);
    core::task<opened> open(core::time_point deadline);
    core::task<opened> open_first_of(endpoints known, core::time_point deadline);
    verification finish(answered got, bool in_time);

    bool must_wait() const { return options.may_call && !options.may_call(); }
    std::unique_ptr<connection> take_idle();
    void keep(std::unique_ptr<connection> used);
    void drop_old(core::time_point now);
    void schedule_sweep();

    core::executor executor;
    std::string host;
    call_text text;
    key_ring& keys;
    std::shared_ptr<boost::asio::ssl::context> tls;
    client_options options;
    resolver addresses;
    slowest_of_late answer_times;
    core::timer sweeper;
    bool sweeping = false;
    bool closed = false;
    std::vector<call_limit*> limits;    // of the calls under way
    std::vector<idle_connection> idle;  // the one used last at the end
};

core::task<verification> client::impl::verify(std::shared_ptr<impl> self, core::secret_string token,
                                              core::time_point deadline, auth::attempt number) {
    auto key = self->keys.first(core::clock::now());
    auto answer = unavailable(reason::gate_key_refused, "there is no usable secret key");
    std::optional<verification> doubtful;  // a refusal, under a key that has not accepted a token yet
    key_pointer doubted;
    unsigned calls = 0;
    std::vector<key_pointer> tried;
    bool has_read_again = false;
    while (is_new_to(tried, key) && tried.size() < max_keys_tried) {
        if (!tried.empty() && self->must_wait()) {
            answer = held_back();
            break;
        }
        tried.push_back(key);
        auto request = self->text.request(token.reveal(), *key);
        answer = co_await send(self, std::move(request), deadline, number);
        if (answer.repeated) number = auth::attempt::second;
        calls += answer.calls;
        if (answer.why == reason::gate_key_refused) {
            // Before the ring is told, and with it everybody.
            if (!doubtful && !has_read_again && !is_new_to(tried, self->keys.other_than(*key))) {
                has_read_again = true;
                co_await self->read_keys_again(key, deadline);
            }
            key = self->keys.refused(*key, core::clock::now());
            continue;
        }
        if (doubtful && answer.what == auth::verdict::allow)
            self->keys.contradicted(*doubted, core::clock::now());
        // A key of another organization, or environment, knows none of the tokens: the old one is asked too.
        auto proven = answer.what == auth::verdict::deny ? self->keys.to_confirm(*key) : nullptr;
        if (proven == nullptr) {
            if (answer.what != auth::verdict::unavailable) self->keys.worked(*key);
            break;
        }
        doubtful = answer;
        doubted = std::exchange(key, std::move(proven));
    }
    // Where the proven key is no longer one, the new key's word is the only one.
    if (doubtful && answer.why == reason::gate_key_refused && !self->keys.is_contradicted(*doubted))
        answer = std::move(*doubtful);
    answer.calls = calls;
    co_return answer;
}

// The key may have changed in the moment in which Gate has dropped the old one.
core::task<> client::impl::read_keys_again(key_pointer refused, core::time_point deadline) {
    if (!keys.read_again() || closed) co_return;
    const auto over = std::make_shared<core::timer>(executor);
    over->expires_at(std::min(deadline, core::clock::now() + patience_for_keys));
    const std::weak_ptr<core::timer> told = over;
    keys.read_again()(std::move(refused), [told, here = executor] {
        core::asio::post(here, [told] {
            if (const auto waiting = told.lock()) waiting->cancel();
        });
    });
    co_await over->async_wait(core::use_task);
}

// One exchange, and its one retry.
core::task<verification> client::impl::send(std::shared_ptr<impl> self, core::secret_string request,
                                            core::time_point deadline, auth::attempt number) {
    call_limit limit(*self);
    unsigned calls = 0;
    auto which = number == auth::attempt::first ? preference::any : preference::fresh;
    for (;; which = preference::fresh) {
        auto ready = co_await self->prepare(which, deadline);
        const bool repeated = number == auth::attempt::second || calls != 0;
        if (!ready.own) {
            ready.failure.was_sent = calls != 0;
            ready.failure.repeated = repeated;
            ready.failure.calls = std::max(1U, calls);
            co_return std::move(ready.failure);
        }
        if (self->must_wait()) {  // it took its time
            self->keep(std::move(*ready.own).release());
            auto held = held_back();
            held.calls = calls;
            co_return held;
        }
        limit.arm(deadline, ready.own->socket());
        auto got = co_await quiet_connection::ask(std::move(*ready.own), request.reveal());
        limit.disarm();
        ++calls;  // Gate may have read it
        const bool was_stale = got.failure && !got.any_byte && !limit.has_passed();
        if (was_stale && ready.is_reused) continue;
        auto answer = self->finish(std::move(got), !limit.has_passed());
        answer.calls = calls;
        answer.repeated = repeated;
        co_return answer;
    }
}

// Rule 30: whatever it returns has been looked at.
core::task<client::impl::prepared> client::impl::prepare(preference which, core::time_point deadline) {
    prepared out;
    if (which == preference::any) {
        while (auto kept = take_idle()) {
            auto settled = co_await quiet_connection::settle(std::move(kept), deadline);
            if (!settled) continue;
            out.own = std::move(*settled);
            out.is_reused = true;
            co_return out;
        }
    }
    auto fresh = co_await open(deadline);
    if (!fresh.own) {
        out.failure = std::move(fresh.failure);
        co_return out;
    }
    auto settled = co_await quiet_connection::settle(std::move(fresh.own), deadline);
    if (settled) {
        out.own = std::move(*settled);
    } else {
        out.failure = explain(settled.error(), core::clock::now() < deadline);
    }
    co_return out;
}

core::task<client::impl::opened> client::impl::open(core::time_point deadline) {
    auto found = co_await addresses.resolve(deadline);
    opened out;
    if (found) {
        out = co_await open_first_of(std::move(*found), deadline);
        if (!out.own) addresses.doubt();
        co_return out;
    }
    out.failure = explain(found.error(), found.error() != core::asio::error::timed_out);
    co_return out;
}

// One after the other, each with its share of the time that is left, so that a silent address does not eat it
// all.
core::task<client::impl::opened> client::impl::open_first_of(endpoints known, core::time_point deadline) {
    opened out;
    out.failure = unavailable(reason::gate_unreachable, closed ? "closing" : "no address");
    if (closed) co_return out;
    call_limit limit(*this);
    for (std::size_t i = 0; i < known.size(); ++i) {
        const auto now = core::clock::now();
        const auto share = (deadline - now) / static_cast<core::clock::rep>(known.size() - i);
        auto next = std::make_unique<connection>(executor, tls.get(), host);
        limit.arm(deadline == core::never ? deadline : now + share, next->socket());
        const auto failure = co_await next->open(known[i]);
        limit.disarm();
        if (!failure && !limit.has_passed()) {
            out.own = std::move(next);
            co_return out;
        }
        out.failure = explain(failure, !limit.has_passed());
        if (!limit.has_passed() && !next->tls_problem().empty()) out.failure.detail = next->tls_problem();
    }
    co_return out;
}

verification client::impl::finish(answered got, bool in_time) {
    if (!in_time || got.failure) return explain(got.failure, in_time);
    const auto now = core::clock::now();
    answer_times.add(now - got.asked, now);
    if (got.reusable) {
        got.reusable->rest_until(std::min(got.asked + answer_times.get(), now + longest_rest));
        keep(std::move(got.reusable));
    }
    return read_answer(got.head, got.body);
}

// The one used last, of those that have settled: it is the warmest. Where none has, the one that will be
// first.
std::unique_ptr<connection> client::impl::take_idle() {
    const auto now = core::clock::now();
    drop_old(now);
    if (idle.empty()) return nullptr;
    const auto settled = std::find_if(idle.rbegin(), idle.rend(), [&](const idle_connection& each) {
        return each.own->settles_at() <= now;
    });
    const auto chosen = settled == idle.rend() ? idle.begin() : std::prev(settled.base());
    auto out = std::move(chosen->own);
    idle.erase(chosen);
    return out;
}

void client::impl::keep(std::unique_ptr<connection> used) {
    if (closed || idle.size() >= options.max_idle || !used->is_under(tls.get())) return;
    idle.push_back({std::move(used), core::clock::now()});
    schedule_sweep();
}

void client::impl::drop_old(core::time_point now) {
    std::erase_if(idle,
                  [&](const idle_connection& each) { return now - each.since >= options.idle_timeout; });
}

void client::impl::schedule_sweep() {
    if (sweeping || idle.empty()) return;
    sweeping = true;
    sweeper.expires_after(options.idle_timeout);
    sweeper.async_wait([weak = weak_from_this()](core::error_code ec) {
        const auto self = weak.lock();
        if (ec || !self) return;
        self->sweeping = false;
        self->drop_old(core::clock::now());
        self->schedule_sweep();
    });
}

client::client(core::executor executor, const config::gate_options& gate, key_ring& keys,
               std::shared_ptr<boost::asio::ssl::context> tls, client_options options) {
    // Never in the clear by mistake.
    if (gate.base_url.tls && tls == nullptr) throw std::invalid_argument("https to Gate needs a TLS context");
    impl_ = std::make_shared<impl>(executor, gate, keys, std::move(tls), std::move(options));
}

client::~client() {
    close();
}

core::task<verification> client::verify(core::secret_string token, core::time_point deadline,
                                        auth::attempt which) {
    return impl::verify(impl_, std::move(token), deadline, which);
}

void client::configure(const config::gate_options& gate, std::shared_ptr<boost::asio::ssl::context> tls) {
    impl_->text = call_text(gate, impl_->options.version);
    if (gate.base_url.tls) impl_->tls = std::move(tls);
    std::erase_if(impl_->idle,
                  [&](const impl::idle_connection& each) { return !each.own->is_under(impl_->tls.get()); });
}

void client::close() {
    impl_->closed = true;
    impl_->idle.clear();
    impl_->sweeper.cancel();
    for (auto* limit : impl_->limits) limit->expire();
}

std::size_t client::idle_connections() const noexcept {
    return impl_->idle.size();
}

}  // namespace gate::verify
