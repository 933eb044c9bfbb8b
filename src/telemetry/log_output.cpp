#include <gate/core/mutex.hpp>
#include <gate/core/signals.hpp>
#include <gate/telemetry/line_sink.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include <pthread.h>

namespace gate::telemetry {
namespace {

// A pipe whose reader has gone fails the write, and does not end the program.
void prepare_thread() {
    core::leave_signals_to_main();
    ::pthread_setname_np(::pthread_self(), "gate-log");
}

}  // namespace

// Receives, on spdlog's thread, every message of the queue: a line, or, as an empty message, word that the
// next chunk is due. Lines and chunks so come out in the order in which they were queued.
class log_output::sink final : public spdlog::sinks::sink {
public:
    explicit sink(int fd) : lines_(fd) {}

    // A place in the queue for a single line; false: all are taken, and the line is counted as dropped.
    bool reserve_line() {
        if (queued_lines_.fetch_add(1) < max_lines) return true;
        --queued_lines_;
        ++dropped_;
        return false;
    }

    // Takes `full` unless too many are waiting; in any case `full` becomes an empty chunk. True: taken.
    bool exchange(std::unique_ptr<log_chunk>& full) GATE_EXCLUDES(mutex_) {
        const core::lock_guard lock(mutex_);
        if (busy_chunks_ == max_chunks) {
            dropped_ += full->lines();
            full->clear();
            return false;
        }
        ++busy_chunks_;
        due_.push_back(std::move(full));
        if (spare_.empty()) {
            full = std::make_unique<log_chunk>();
        } else {
            full = std::move(spare_.back());
            spare_.pop_back();
        }
        return true;
    }

    bool is_idle() GATE_EXCLUDES(mutex_) {
        const core::lock_guard lock(mutex_);
        return busy_chunks_ == 0 && queued_lines_ == 0;
    }

    void give_up_after(std::chrono::milliseconds patience) { lines_.give_up_after(patience); }
    std::uint64_t dropped() const { return dropped_; }

    void log(const spdlog::details::log_msg& message) override {
        if (message.payload.size() == 0) return write_chunk();
        if (!lines_.write({message.payload.data(), message.payload.size()})) ++dropped_;
        --queued_lines_;
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    static constexpr std::size_t max_spare = 4;  // kept for reuse; a burst's memory goes back

    void write_chunk() {
        auto chunk = next_due();
        if (!lines_.write(chunk->text())) dropped_ += chunk->lines();
        chunk->clear();
        const core::lock_guard lock(mutex_);
        --busy_chunks_;
        if (spare_.size() < max_spare) spare_.push_back(std::move(chunk));
    }

    std::unique_ptr<log_chunk> next_due() GATE_EXCLUDES(mutex_) {
        const core::lock_guard lock(mutex_);
        auto chunk = std::move(due_.front());
        due_.pop_front();
        return chunk;
    }

    line_sink lines_;
    std::atomic<std::size_t> queued_lines_{0};
    std::atomic<std::uint64_t> dropped_{0};
    core::mutex mutex_;
    std::size_t busy_chunks_ GATE_GUARDED_BY(mutex_) = 0;  // due or being written
    std::deque<std::unique_ptr<log_chunk>> due_ GATE_GUARDED_BY(mutex_);
    std::vector<std::unique_ptr<log_chunk>> spare_ GATE_GUARDED_BY(mutex_);
};

class log_output::backend {
public:
    backend(int fd, std::chrono::milliseconds patience)
        : patience_(patience),
          sink_(std::make_shared<sink>(fd)),
          pool_(start_pool()),
          logger_(std::make_shared<spdlog::async_logger>("log", sink_, pool_)) {}

    // The pool's destructor queues word to stop after all that is there already, and joins.
    ~backend() {
        sink_->give_up_after(patience_);
        spdlog::shutdown();  // lets go of the last pool that was started
        pool_.reset();
    }
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;

    void post(std::string_view text) {
        logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
    }
    sink& target() { return *sink_; }
    std::chrono::milliseconds patience() const { return patience_; }

private:
    using shared_pool = decltype(spdlog::thread_pool());

    static shared_pool start_pool() {
        spdlog::init_thread_pool(max_lines + max_chunks, 1, prepare_thread);
        return spdlog::thread_pool();
    }

    std::chrono::milliseconds patience_;
    std::shared_ptr<sink> sink_;
    shared_pool pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
};

log_output::log_output(int fd, std::chrono::milliseconds patience)
    : backend_(std::make_unique<backend>(fd, patience)) {}

log_output::~log_output() = default;

bool log_output::write(std::string_view line) {
    if (line.empty() || !backend_->target().reserve_line()) return false;
    backend_->post(line);
    return true;
}

std::unique_ptr<log_chunk> log_output::exchange(std::unique_ptr<log_chunk> full) {
    if (full->lines() != 0 && backend_->target().exchange(full)) backend_->post({});
    return full;
}

void log_output::flush() const {
    const auto end = std::chrono::steady_clock::now() + backend_->patience();
    while (!backend_->target().is_idle() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

std::uint64_t log_output::dropped() const noexcept {
    return backend_->target().dropped();
}

void log_output::collect(metrics_snapshot& into) const {
    into.counter("log_lines_dropped_total", "Log lines lost because standard output was slow or failing.")
        .add({}, static_cast<double>(dropped()));
}

}  // namespace gate::telemetry
