#include <gate/app/fleet_seat.hpp>
#include <gate/app/gate_calls.hpp>
#include <gate/config/store_url.hpp>
#include <gate/store/fleet_log.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace gate::app {
namespace {

constexpr std::chrono::seconds longest_wait_at_start{1};
constexpr std::chrono::seconds between_looks{1};

// Twice the longest life in use, and what `memory` adds to the TTL.
core::duration message_life(const config::cache_options& cache, core::duration memory) {
    return 2 * std::max(cache.ttl, cache.negative_ttl) + memory - cache.ttl;
}

store::fleet_log_options log_options(const config::config& options, tls_contents::client tls,
                                     core::duration memory) {
    auto out = store_options_of(options);
    out.memory = memory;
    out.message_life = message_life(options.cache, memory);
    out.tls = std::move(tls);
    return out;
}

}  // namespace

std::unique_ptr<store::fleet_keys> fleet_keys_of(const config::config& options) {
    return std::make_unique<store::fleet_keys>(options.fleet_key, gate_url_of(options.gate),
                                               options.gate.verify_path);
}

store::fleet_log_options store_options_of(const config::config& options) {
    store::fleet_log_options out;
    out.url = *config::parse_store_url(options.fleet.url);
    out.user = {options.fleet.username, options.fleet_password};
    out.sentinel = {options.fleet.sentinel.username, options.fleet_sentinel_password};
    out.tls_server_name = options.fleet.tls.server_name;
    out.timeout = options.fleet.timeout;
    return out;
}

fleet_seat::fleet_seat(const core::executor& control, const config::config& options, tls_contents::client tls,
                       auth::shared_state& tokens, const verify::key_ring& keys,
                       const telemetry::event_log& events, std::function<void()> end_streams)
    : control_(control),
      tokens_(tokens),
      secret_keys_(keys),
      end_streams_(std::move(end_streams)),
      keys_(fleet_keys_of(options)),
      member_(
          tokens, keys_->name_key(), options.cache, options.gate,
          {.timeout = options.fleet.timeout,
           .withdrawn = [this] { note_withdrawal(); },
           .settled =
               [this] {
                   const std::lock_guard lock(mutex_);
                   is_settled_ = true;
                   settled_.notify_all();
               },
           .log = [&events](config::log_level level, std::string_view line) { events.write(level, line); }}),
      log_(std::make_unique<store::fleet_log>(log_options(options, tls, member_.memory()), *keys_, member_,
                                              &events)),
      tls_(std::move(tls)),
      next_look_(control) {
    member_.join(*log_);
    tokens_.fleet = &member_;
    look_again();
}

fleet_seat::~fleet_seat() {
    stop();
    tokens_.fleet = nullptr;
}

void fleet_seat::start() {
    log_->start();
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, longest_wait_at_start, [this] { return is_settled_; });
}

void fleet_seat::stop() {
    next_look_.cancel();
    log_->stop();
}

void fleet_seat::configure(const config::cache_options& cache) {
    const auto memory = member_.memory();
    log_->use_lives(memory, message_life(cache, memory));
}

void fleet_seat::use_tls(const tls_contents::client& tls) {
    if (tls == tls_) return;
    tls_ = tls;
    log_->use_tls(tls);
}

std::string fleet_seat::trouble() const {
    return log_->stats().is_connected ? "" : "the store of the fleet is away: this replica is on its own";
}

// A key that has replaced another one is ours from its first success on.
void fleet_seat::look_again() {
    member_.look_at_clocks();
    const auto key = secret_keys_.in_use();
    if (key && !key->empty())
        member_.hold_keys(key_ids_.note(keys_->id_of_secret_key(*key), core::clock::now(), member_.memory()));
    next_look_.expires_after(between_looks);
    next_look_.async_wait([this](const core::error_code& ec) {
        if (!ec) look_again();
    });
}

void fleet_seat::note_withdrawal() {
    if (ends_streams_.exchange(true)) return;
    core::asio::post(control_, [this] {
        ends_streams_ = false;
        end_streams_();
    });
}

}  // namespace gate::app
