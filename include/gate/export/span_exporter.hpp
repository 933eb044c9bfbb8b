#pragma once
// Sends the spans of all workers to the collector (OTLP over HTTP, JSON), on a thread of its own: whatever
// the collector does, no request waits for it.

#include <gate/config/telemetry_options.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/secret_string.hpp>
#include <gate/export/span_lane.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string_view>

namespace gate::exporting {

struct exporter_setting {
    const config::otlp_options& options;             // on
    const core::secret_string& headers;              // config::check_export_headers
    std::shared_ptr<boost::asio::ssl::context> tls;  // null unless the URL is https
    std::string_view version;                        // of this program
    unsigned workers;
};

class span_exporter {
public:
    // How long one call may take, and how long spans wait in a worker for others to be sent with.
    static constexpr core::duration call_timeout{10'000};
    static constexpr core::duration collecting_time{1'000};

    // `events` outlives this object. Throws std::runtime_error where there are no random numbers.
    span_exporter(const exporter_setting& with, const telemetry::event_log& events);
    ~span_exporter();
    span_exporter(const span_exporter&) = delete;
    span_exporter& operator=(const span_exporter&) = delete;

    // Of worker `number`, from 0. Lives as long as this object.
    span_lane& lane(unsigned number) noexcept;

    // Sends from now on.
    void start();

    // For the end of the program, after every worker has handed over what it has: it is sent, or dropped by
    // `deadline`. Thread-safe.
    void flush(core::time_point deadline);
    // Whether that is done. Thread-safe.
    bool is_flushed() const noexcept;

    // Ends the thread. No worker uses its lane any more.
    void stop();

    // Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

private:
    class sender;
    std::unique_ptr<sender> sender_;
};

}  // namespace gate::exporting
