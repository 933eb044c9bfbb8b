#pragma once
// What runs on the exporter's thread: takes batches from the lanes when delivery says so, and makes the
// calls.

#include <gate/client/http_client.hpp>
#include <gate/config/telemetry_rules.hpp>
#include <gate/export/collector_answer.hpp>
#include <gate/export/delivery.hpp>
#include <gate/export/export_counts.hpp>
#include <gate/export/span_exporter.hpp>
#include <gate/telemetry/line_pace.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gate::exporting {

class span_exporter::sender {
public:
    sender(const exporter_setting& with, const telemetry::event_log& events);
    ~sender() { stop(); }

    span_lane& lane(unsigned number) noexcept { return *lanes_[number]; }
    void start();
    void flush(core::time_point deadline);
    bool is_flushed() const noexcept { return is_flushed_.load(std::memory_order_acquire); }
    void stop();
    void collect(telemetry::metrics_snapshot& into) const;

private:
    struct batch {
        std::unique_ptr<span_chunk> chunk;  // null: there is none
        span_lane* from = nullptr;
        unsigned attempts = 0;
    };

    // What came of a call, as delivery, the metrics and the log see it.
    struct call_end {
        delivery::outcome outcome = delivery::outcome::may_retry;
        std::optional<call_failure> failure{};
        collector_answer answer{};
        std::string detail{};  // for people
        unsigned status = 0;   // 0: there was no answer
    };

    void wake() noexcept;
    void look();
    void look_again_at(core::time_point when);
    batch next();
    core::task<> send(batch what);
    client::request request_of(span_chunk& chunk) const;
    static call_end end_of(const client::outcome& from);
    void finish(batch what, const call_end& how);
    void drop(batch what, drop_reason why);
    void drop_everything();
    bool has_work() const noexcept;
    void log(const call_end& how);

    const telemetry::event_log& events_;
    const std::string url_;
    const batch_frame frame_;
    const std::vector<config::export_header> headers_;
    const std::string agent_;
    std::vector<client::field> fields_;  // views into the two above
    std::string target_;
    std::vector<std::unique_ptr<span_lane>> lanes_;
    std::size_t next_lane_ = 0;

    core::asio::io_context context_{1};
    boost::asio::executor_work_guard<core::executor> work_;
    client::http_client client_;
    core::timer timer_;
    core::timer end_;  // of the patience, once the thread ends
    delivery delivery_;
    std::deque<batch> again_;  // to be sent once more
    std::uint64_t spans_under_way_ = 0;
    std::optional<core::time_point> deadline_;  // once it ends
    export_counts counts_;
    struct {
        telemetry::line_pace failures;
        telemetry::line_pace rejections;
        bool has_failed = false;  // the last call
    } told_;                      // in the log
    bool is_ending_ = false;

    std::atomic<bool> is_awake_{false};  // look() will run
    std::atomic<bool> is_flushed_{false};
    std::thread thread_;
};

}  // namespace gate::exporting
