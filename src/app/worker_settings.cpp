#include <gate/app/worker_settings.hpp>

#include <utility>

namespace gate::app {
namespace {

using telemetry::connection_state;

// The metrics are common to all pools of a worker: each adds what has changed in itself.
class upstream_gauges final : public net::pool_gauges {
public:
    explicit upstream_gauges(telemetry::worker_metrics& metrics) : metrics_(metrics) {}
    ~upstream_gauges() override { change(0, 0); }
    upstream_gauges(const upstream_gauges&) = delete;
    upstream_gauges& operator=(const upstream_gauges&) = delete;

    void set(std::size_t idle, std::size_t leased) noexcept override {
        change(static_cast<std::int64_t>(idle), static_cast<std::int64_t>(leased));
    }

private:
    void change(std::int64_t idle, std::int64_t leased) noexcept {
        metrics_.upstream(connection_state::idle).add(idle - std::exchange(idle_, idle));
        metrics_.upstream(connection_state::active).add(leased - std::exchange(leased_, leased));
    }

    telemetry::worker_metrics& metrics_;
    std::int64_t idle_ = 0;
    std::int64_t leased_ = 0;
};

struct counted_pool {
    counted_pool(const core::executor& executor, net::deadline_wheel& wheel, const net::pool_options& options,
                 const std::shared_ptr<const address_book>& where, telemetry::worker_metrics& metrics,
                 net::party_counter& parties)
        : gauges(metrics),
          connections(executor, wheel, options, [where] { return where->get(); },
                      {.slots = where->slots, .gauges = &gauges, .parties = &parties}) {}

    upstream_gauges gauges;
    net::connection_pool connections;
};

}  // namespace

net::pool_options pool_options_of(const proxy::snapshot& settings) noexcept {
    const auto& options = settings.options;
    return {.max_connections = options.limits.upstream_connections,
            .idle_timeout = options.upstream.idle_timeout,
            .connect_timeout = options.upstream.connect_timeout,
            .wait = options.limits.upstream_wait,
            .generation = settings.generation};
}

std::shared_ptr<net::connection_pool> make_upstream_pool(core::executor executor, net::deadline_wheel& wheel,
                                                         const net::pool_options& options,
                                                         const std::shared_ptr<const address_book>& where,
                                                         telemetry::worker_metrics& metrics,
                                                         net::party_counter& parties) {
    auto made = std::make_shared<counted_pool>(executor, wheel, options, where, metrics, parties);
    return {made, &made->connections};
}

}  // namespace gate::app
