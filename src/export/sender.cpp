#include "sender.hpp"

#include <gate/config/scalars.hpp>
#include <gate/core/random.hpp>
#include <gate/core/text.hpp>
#include <gate/export/batch_text.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace gate::exporting {
namespace {

constexpr core::duration patience_at_end{1'000};  // for calls that have been cut

client::client_options client_options_of(const config::otlp_options& options) {
    client::client_options out;
    out.max_idle = delivery::most_calls;
    out.plain = client::clear_text::anywhere;
    out.takes_early_refusals = true;
    out.server_name = options.tls.server_name;
    return out;
}

config::url url_of(const config::otlp_options& options) {
    return *config::parse_url(options.traces_url());
}

}  // namespace

span_exporter::sender::sender(const exporter_setting& with, const telemetry::event_log& events)
    : events_(events),
      url_(config::format_url(url_of(with.options))),
      frame_(make_batch_frame(with.options, with.version, make_instance_id())),
      headers_(config::read_export_headers(with.headers)),
      agent_("gate-sidecar/" + std::string(with.version)),
      target_(url_of(with.options).path),
      work_(context_.get_executor()),
      client_(context_.get_executor(), url_of(with.options), with.tls, client_options_of(with.options)),
      timer_(context_.get_executor()),
      end_(context_.get_executor()) {
    if (target_.empty()) target_ = "/";
    fields_ = {{"Content-Type", "application/json"}};
    for (const auto& each : headers_) fields_.push_back({each.name, each.value.reveal()});
    const auto is_agent = [](const client::field& each) { return core::iequals(each.name, "user-agent"); };
    if (std::ranges::none_of(fields_, is_agent)) fields_.push_back({"User-Agent", agent_});
    for (unsigned i = 0; i < with.workers; ++i)
        lanes_.push_back(std::make_unique<span_lane>(frame_, [this] { wake(); }));
}

void span_exporter::sender::start() {
    events_.info("spans are exported", {{"url.full", url_}});
    thread_ = std::thread([this] { context_.run(); });
}

// From any thread. One look sees all that has been handed over before it.
void span_exporter::sender::wake() noexcept {
    if (is_awake_.exchange(true, std::memory_order_acq_rel)) return;
    try {
        boost::asio::post(context_, [this] { look(); });
    } catch (const std::bad_alloc&) {  // the next batch tries again
        is_awake_.store(false, std::memory_order_release);
    }
}

void span_exporter::sender::flush(core::time_point deadline) {
    boost::asio::post(context_, [this, deadline] {
        deadline_ = deadline;
        delivery_.close(deadline);
        look();
    });
}

void span_exporter::sender::stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] {
        deadline_ = core::clock::now();
        delivery_.close(*deadline_);
        end_.expires_after(patience_at_end);
        end_.async_wait([this](const core::error_code& ec) {
            if (!ec) context_.stop();
        });
        work_.reset();
        is_ending_ = true;
        look();
    });
    thread_.join();
    counts_.dropped(drop_reason::shutdown, std::exchange(spans_under_way_, 0));
    if (const auto lost = counts_.dropped_so_far(drop_reason::shutdown); lost != 0)
        events_.warn("spans were lost at the end: the collector did not take them in time",
                     {{"spans", lost}});
}

void span_exporter::sender::look() {
    is_awake_.exchange(false, std::memory_order_acq_rel);  // sees what came before each wake() so far
    const auto now = core::clock::now();
    if (deadline_ && (now >= *deadline_ || delivery_.held_until() >= *deadline_)) drop_everything();
    while (delivery_.may_begin(now)) {
        auto ready = next();
        if (!ready.chunk) break;
        delivery_.begin();
        core::spawn(send(std::move(ready)));
    }
    if (has_work()) return look_again_at(now < delivery_.held_until() ? delivery_.held_until() : core::never);
    timer_.cancel();  // one that still waits would keep the thread
    if (deadline_) is_flushed_.store(true, std::memory_order_release);
    if (is_ending_) context_.stop();  // a look-up may be under way for long
}

// At the latest at the deadline; never: when a call has ended.
void span_exporter::sender::look_again_at(core::time_point when) {
    if (deadline_) when = std::min(when, *deadline_);
    if (when == core::never || when <= core::clock::now()) return;
    timer_.expires_at(when);
    timer_.async_wait([this](const core::error_code& ec) {
        if (!ec) look();
    });
}

bool span_exporter::sender::has_work() const noexcept {
    return delivery_.under_way() != 0 || !again_.empty() ||
           std::ranges::any_of(lanes_, [](const auto& each) { return each->has_full(); });
}

// What has been waiting longest, then the lanes in turn.
span_exporter::sender::batch span_exporter::sender::next() {
    if (!again_.empty()) {
        auto out = std::move(again_.front());
        again_.pop_front();
        return out;
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        auto& lane = *lanes_[next_lane_];
        next_lane_ = (next_lane_ + 1) % lanes_.size();
        if (auto chunk = lane.take()) return {std::move(chunk), &lane, 0};
    }
    return {};
}

core::task<> span_exporter::sender::send(batch what) {
    ++what.attempts;
    const auto spans = what.chunk->spans();
    spans_under_way_ += spans;
    auto until = core::clock::now() + call_timeout;
    if (deadline_) until = std::min(until, *deadline_);
    const auto request = request_of(*what.chunk);
    call_end how;
    try {
        const auto answered = co_await client_.call(request, until);
        how = end_of(answered);
    } catch (const std::exception& error) {  // want of memory
        how.failure = call_failure::local;
        how.detail = error.what();
    }
    spans_under_way_ -= spans;
    finish(std::move(what), how);
}

client::request span_exporter::sender::request_of(span_chunk& chunk) const {
    return {.method = "POST", .target = target_, .fields = fields_, .body = chunk.text()};
}

void span_exporter::sender::finish(batch what, const call_end& how) {
    const auto now = core::clock::now();
    const auto todo =
        delivery_.end(how.outcome, what.attempts, how.answer.retry_after, now, core::random_number());
    if (how.failure) counts_.failed(*how.failure);
    log(how);
    switch (todo) {
        case delivery::action::forget: {
            const auto all = what.chunk->spans();
            const auto rejected = std::min<std::uint64_t>(how.answer.rejected, all);
            counts_.exported(all - rejected, core::wall_clock::now());
            counts_.dropped(drop_reason::rejected, rejected);
            what.from->give_back(std::move(what.chunk));
            break;
        }
        case delivery::action::send_again: again_.push_back(std::move(what)); break;
        case delivery::action::drop:
            drop(std::move(what), how.outcome == delivery::outcome::refused ? drop_reason::refused
                                  : deadline_                               ? drop_reason::shutdown
                                                                            : drop_reason::failed);
    }
    look();
}

void span_exporter::sender::drop(batch what, drop_reason why) {
    counts_.dropped(why, what.chunk->spans());
    what.from->give_back(std::move(what.chunk));
}

// But for what is under way, which is cut.
void span_exporter::sender::drop_everything() {
    for (auto each = next(); each.chunk; each = next()) drop(std::move(each), drop_reason::shutdown);
    if (core::clock::now() >= *deadline_) client_.close();
}

void span_exporter::sender::collect(telemetry::metrics_snapshot& into) const {
    std::uint64_t without_room = 0;
    for (const auto& each : lanes_) without_room += each->dropped();
    counts_.collect(without_room, into);
}

}  // namespace gate::exporting
