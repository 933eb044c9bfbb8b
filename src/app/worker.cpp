#include "measured_verifier.hpp"

#include <gate/app/gate_calls.hpp>
#include <gate/app/worker.hpp>
#include <gate/core/frame_pool.hpp>
#include <gate/http/reply.hpp>
#include <gate/proxy/linger.hpp>

#include <boost/asio/post.hpp>

#include <exception>

#include <malloc.h>
#include <sys/socket.h>

namespace gate::app {
namespace {

constexpr std::size_t block_size = 64 * 1024;
constexpr std::size_t blocks_kept = core::recycles_memory ? 8 : 0;
constexpr std::size_t memories_kept = core::recycles_memory ? 1024 : 0;

constexpr core::duration patience_at_end{1000};

// Below these the pools are not trimmed any more.
constexpr std::size_t few_memories = 8;
constexpr std::size_t few_frames = 64 * 1024;  // bytes
constexpr int calm_rounds = 2;                 // after a burst, until it is taken to be over

// What is free lies between what is in use: the heap gives it back to the system only when told to.
void give_back_free_pages() noexcept {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// Looked at until one is closed that has not just sent something.
constexpr int looked_at_for_room = 16;

constexpr core::duration refusal_time{1000};

std::string refusal(http::request_id id, std::string_view date) {
    const auto& what = core::failure_of(core::reason::too_many_connections);
    std::string out;
    http::append_reply({.status = what.status,
                        .reason = core::reason::too_many_connections,
                        .retryable = what.retryable,
                        .retry_after = what.retry_after,
                        .header_name = {},
                        .request_id = id.view(),
                        .x_request_id = {},
                        .date = date,
                        .close = true},
                       out);
    return out;
}

}  // namespace

worker::worker(shared_parts parts, worker_settings settings, unsigned number)
    : parts_(parts),
      settings_(std::move(settings)),
      number_(number),
      work_(context_.get_executor()),
      wheel_(context_.get_executor()),
      blocks_(block_size, blocks_kept),
      memories_(memories_kept),
      hasher_(make_token_hasher(parts_.key, options())),
      verifier_(std::make_unique<measured_verifier>(context_.get_executor(), parts_, settings_,
                                                    parts_.metrics.worker(number))),
      authenticator_(parts_.tokens, *verifier_, context_.get_executor(), options().cache, options().gate,
                     options().auth),
      sharing_(parts_.accounts, options().limits),
      log_(parts_.log_output, parts_.events),
      log_due_(
          wheel_, [](void* self) { static_cast<worker*>(self)->log_.flush(); }, this),
      trim_due_(
          wheel_, [](void* self) { static_cast<worker*>(self)->trim(); }, this),
      upstream_(make_upstream_pool(context_.get_executor(), wheel_, pool_options_of(*settings_.snapshot),
                                   settings_.upstream, parts_.metrics.worker(number), sharing_)),
      proxy_{.current = current_snapshot(),
             .executor = context_.get_executor(),
             .wheel = wheel_,
             .authenticator = authenticator_,
             .hasher = hasher_,
             .sharing = sharing_,
             .metrics = parts_.metrics.worker(number),
             .log = options().log.access ? &log_ : nullptr,
             .log_due = log_due_,
             .trim_due = trim_due_,
             .ids = ids_,
             .date = date_,
             .blocks = blocks_,
             .memories = memories_,
             .arrival = arrival_,
             .scratch = scratch_,
             .idle = idle_},
      rounds_(context_.get_executor(), wheel_, sessions_, parts_.tokens, options().cache) {
    parts_.house.join(idle_, [this] { boost::asio::post(context_, [this] { close_idle_for_another(); }); });
}

worker::~worker() {
    stop();
}

core::result<void> worker::listen(const config::endpoint& where, net::listener::sharing share) {
    auto opened = net::listener::open(context_.get_executor(), wheel_, where, share);
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    return {};
}

void worker::start() {
    thread_ = std::thread([this] {
        listener_->start([this](core::tcp_socket socket, const core::tcp::endpoint& peer) {
            on_connection(std::move(socket), peer);
        });
        context_.run();
    });
}

class worker::admitted_session final : public proxy::session {
public:
    admitted_session(worker& owner, core::tcp_socket socket, const core::tcp::endpoint& peer,
                     connection_limit::place place)
        : session(owner.proxy_, owner, std::move(socket), peer), place_(std::move(place)) {}

    bool has_place() const noexcept { return place_.has_value(); }
    void release_place() noexcept { place_.reset(); }

private:
    std::optional<connection_limit::place> place_;
};

// Again and again after requests, until no more is kept than a few of them need.
void worker::trim() noexcept {
    const auto memories = memories_.trim();
    const auto frames = core::trim_frames();
    if (memories > few_memories || frames > few_frames) {
        calm_in_ = calm_rounds;
    } else if (calm_in_ > 0 && --calm_in_ == 0) {
        give_back_free_pages();
    }
    if (calm_in_ > 0) trim_due_.set(core::clock::now() + proxy::trim_interval);
}

void worker::on_connection(core::tcp_socket socket, const core::tcp::endpoint& peer) {
    auto place = parts_.connections.enter(net::canonical(peer.address()), [this] { return make_room(); });
    if (!place) {
        proxy_.metrics.count_failure(core::reason::too_many_connections);
        refuse(std::move(socket));
        return;
    }
    auto* one = new admitted_session(*this, std::move(socket), peer, std::move(*place));
    sessions_.push_back(*one);
    session_count_.fetch_add(1, std::memory_order_relaxed);
    rounds_.begin();
    one->start();
}

// Rule 27: an idle connection goes for the newcomer, here and now, or soon on another worker.
bool worker::make_room() {
    const auto next = parts_.house.next();
    if (!next) return false;
    if (*next == number_) return close_idle();
    parts_.house.ask(*next);
    return true;
}

// A connection on which something has just come is about to be busy: the next one goes, if there is one of
// the same kind.
bool worker::close_idle() {
    const auto session_of = [](proxy::idle_connection* one) { return static_cast<proxy::session*>(one); };
    auto* const first = idle_.first();
    if (first == nullptr) return false;
    auto* chosen = first;
    for (int looked = 0; chosen != nullptr && session_of(chosen)->is_about_to_be_busy(); ++looked)
        chosen = looked < looked_at_for_room ? idle_.next_after(*chosen) : nullptr;
    session_of(chosen != nullptr ? chosen : first)->make_way();
    proxy_.metrics.closed_for_newcomers.add();
    return true;
}

// Those that were idle here may be busy by now: then somebody else goes.
void worker::close_idle_for_another() {
    if (parts_.connections.is_exceeded() && !close_idle()) make_room();
}

void worker::on_end(proxy::session& ended) noexcept {
    rounds_.forget(ended);
    sessions_.erase(sessions_.iterator_to(ended));
    auto* const own = static_cast<admitted_session*>(&ended);
    if (!own->has_place()) --leaving_;
    delete own;
    session_count_.fetch_sub(1, std::memory_order_relaxed);
}

bool worker::release_place(proxy::session& leaving) noexcept {
    if (leaving_ >= max_leaving) return false;
    ++leaving_;
    static_cast<admitted_session&>(leaving).release_place();
    return true;
}

void worker::on_failure(const std::exception& error) noexcept {
    parts_.events.error("a session failed", {{"exception.message", error.what()}});
}

// Answered immediately and without a session: there is no room for one.
void worker::refuse(core::tcp_socket socket) {
    const auto out = refusal(ids_.next(), date_.at(core::wall_clock::now()));
    (void)::send(socket.native_handle(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (refusals_ < max_refusals) core::spawn(wait_until_gone(std::move(socket)));
}

// Lets a client that has been refused read why.
core::task<> worker::wait_until_gone(core::tcp_socket socket) {
    ++refusals_;
    session_count_.fetch_add(1, std::memory_order_relaxed);
    {
        net::stream refused(std::move(socket), wheel_);
        const auto until = core::clock::now() + refusal_time;
        co_await proxy::linger(refused, blocks_, until);
    }
    --refusals_;
    session_count_.fetch_sub(1, std::memory_order_relaxed);
}

void worker::announce_drain() {
    boost::asio::post(context_, [this] { proxy_.draining = true; });
}

void worker::drain() {
    session_count_.fetch_add(
        1, std::memory_order_relaxed);  // this worker does not count as empty before it has begun
    boost::asio::post(context_, [this] {
        proxy_.draining = proxy_.closing = true;
        listener_->close();
        upstream_->drain();
        for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->drain();
        session_count_.fetch_sub(1, std::memory_order_relaxed);
    });
}

void worker::end_withdrawn(std::function<void()> done) {
    boost::asio::post(context_, [this, done = std::move(done)] { rounds_.make_one_now(done); });
}

void worker::cut() {
    boost::asio::post(context_, [this] {
        listener_->close();
        for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->cut();
    });
}

void worker::stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] {
        log_due_.clear();
        trim_due_.clear();
        log_.flush();
        verifier_->close();
        core::spawn(stop_when_quiet(core::clock::now() + patience_at_end));
    });
    thread_.join();
}

// Verifications for which no request waits any more end first.
core::task<> worker::stop_when_quiet(core::time_point until) {
    while (authenticator_.under_way() != 0 && core::clock::now() < until)
        co_await auth::sleep_for(context_.get_executor(), core::duration{1});
    context_.stop();
}

}  // namespace gate::app
