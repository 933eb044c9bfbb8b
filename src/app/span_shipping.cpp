#include <gate/app/span_shipping.hpp>
#include <gate/client/tls.hpp>
#include <gate/config/scalars.hpp>
#include <gate/telemetry/build_info.hpp>

#include <algorithm>

namespace gate::app {
namespace {

// The phase of the shutdown ends only after this has been noticed.
constexpr core::duration margin{100};

void warn_of_clear_text(const config::url& url, const config::config& options,
                        const telemetry::event_log& events) {
    if (url.tls || options.otlp_headers.empty() || config::is_loopback(url.host)) return;
    events.warn("the header fields for the collector are sent without encryption",
                {{"url.full", config::format_url(url)}});
}

}  // namespace

bool span_shipping::open(const config::config& options, unsigned workers) {
    const auto& otlp = options.telemetry.otlp;
    if (!otlp.is_on()) return true;
    const auto url = *config::parse_url(otlp.traces_url());
    std::shared_ptr<boost::asio::ssl::context> tls;
    if (url.tls) {
        const auto made = client::make_tls_context(otlp.tls);
        if (!made && options.telemetry.collector_is_everybodys) {
            events_.warn(
                "no spans are exported: OpenTelemetry's variables name files that cannot be used for TLS",
                {{"error.message", made.error().message()},
                 {"telemetry.otlp.tls.ca_file", otlp.tls.ca_file},
                 {"telemetry.otlp.tls.client_cert_file", otlp.tls.client_cert_file}});
            return true;
        }
        if (!made) {
            events_.error("cannot set up TLS to the collector: " + made.error().message(),
                          {{"telemetry.otlp.tls.ca_file", otlp.tls.ca_file},
                           {"telemetry.otlp.tls.client_cert_file", otlp.tls.client_cert_file}});
            return false;
        }
        tls = *made;
    }
    warn_of_clear_text(url, options, events_);
    exporter_ = std::make_unique<exporting::span_exporter>(
        exporting::exporter_setting{otlp, options.otlp_headers, tls, telemetry::version(), workers}, events_);
    exporter_->start();
    return true;
}

void span_shipping::may_last_until(core::time_point when) noexcept {
    until_ = std::min(until_, when - margin);
    if (has_begun_) exporter_->flush(until_);
}

bool span_shipping::are_out(worker_group& workers, core::time_point now) {
    if (!exporter_) return true;
    if (!has_begun_) {
        has_begun_ = true;
        until_ = std::min(until_, now + longest_flush);
        core::spawn(empty(workers));
    }
    return exporter_->is_flushed() || now >= until_;
}

core::task<> span_shipping::empty(worker_group& workers) {
    worker_group::action tell = [](worker& each, std::function<void()> done) {
        each.hand_over_spans(std::move(done));
    };
    co_await workers.on_all(std::move(tell));
    exporter_->flush(until_);
}

void span_shipping::close() {
    if (exporter_) exporter_->stop();
}

}  // namespace gate::app
