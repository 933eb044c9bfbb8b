#include <gate/app/upstream_tls_log.hpp>
#include <gate/app/worker_upstreams.hpp>
#include <gate/protocol/http1_outbound.hpp>

#include <algorithm>
#include <utility>

namespace gate::app {
namespace {

using telemetry::connection_state;

// Several pools may have the same metrics, before and after a reload: each adds what has changed in itself.
class upstream_gauges final : public net::pool_gauges {
public:
    explicit upstream_gauges(telemetry::upstream_metrics& metrics) : metrics_(metrics) {}
    ~upstream_gauges() override { change(0, 0); }
    upstream_gauges(const upstream_gauges&) = delete;
    upstream_gauges& operator=(const upstream_gauges&) = delete;

    void set(std::size_t idle, std::size_t leased) noexcept override {
        change(static_cast<std::int64_t>(idle), static_cast<std::int64_t>(leased));
    }

private:
    void change(std::int64_t idle, std::int64_t leased) noexcept {
        metrics_.connections_in(connection_state::idle).add(idle - std::exchange(idle_, idle));
        metrics_.connections_in(connection_state::active).add(leased - std::exchange(leased_, leased));
    }

    telemetry::upstream_metrics& metrics_;
    std::int64_t idle_ = 0;
    std::int64_t leased_ = 0;
};

}  // namespace

// One upstream's connections, and all that belongs to them.
struct worker_upstreams::pool {
    pool(const surroundings& with, const net::pool_options& limits, const config::limit_options& shares,
         std::shared_ptr<const address_book> leads_to, telemetry::name_index name,
         const std::string& upstream)
        : where(std::move(leads_to)),
          sharing(with.accounts, shares, where->number),
          gauges(with.metrics.upstreams.at(name)),
          insecure(with.events, upstream),
          connections(
              with.executor, with.wheel, limits, [book = where] { return book->get(); },
              {.slots = where->slots, .gauges = &gauges, .parties = &sharing, .insecure = &insecure}) {}

    const std::shared_ptr<const address_book> where;
    proxy::upstream_sharing sharing;
    upstream_gauges gauges;
    upstream_tls_log insecure;
    net::connection_pool connections;
};

namespace {

// The limits of the connections to one upstream: of all workers together.
net::pool_options limits_of(const proxy::snapshot& settings, const config::upstream_options& upstream) {
    const auto& limits = settings.options.limits;
    return {.max_connections = limits.upstream_connections,
            .idle_timeout = upstream.idle_timeout,
            .connect_timeout = upstream.connect_timeout,
            .wait = limits.upstream_wait,
            .generation = settings.generation};
}

std::string name_of(const worker_settings& settings, std::size_t upstream) {
    return upstream == 0 ? std::string() : settings.snapshot->options.upstreams[upstream - 1].name;
}

// The context in use stays where nothing is different: with it the connections, and the sessions that can be
// resumed. Without a context, no connection is made (rule 17).
net::upstream_tls tls_of(const worker_settings& settings, std::size_t upstream,
                         const net::upstream_tls& in_use) {
    const auto& options = settings.snapshot->upstreams[upstream];
    if (!options.target.tls) return {};
    net::upstream_tls out{
        .server_name = options.tls.server_name.empty() ? options.target.host : options.tls.server_name,
        .generation = settings.snapshot->generation};
    if (settings.tls_files) out.material = settings.tls_files->upstreams[upstream];
    if (!out.material) {
        out.material = std::make_shared<const net::client_tls_material>();
        return out;
    }
    if (out.is_same_as(in_use)) return in_use;
    std::string why_not;
    if (auto made = net::make_client_tls(out.material, why_not)) out.context = std::move(*made);
    return out;
}

}  // namespace

worker_upstreams::worker_upstreams(const surroundings& with, const worker_settings& settings) : with_(with) {
    configure(settings);
}

void worker_upstreams::configure(const worker_settings& settings) {
    const auto& shares = settings.snapshot->options.limits;
    std::vector<std::shared_ptr<pool>> next;
    for (std::size_t i = 0; i < settings.upstreams.size(); ++i) {
        const auto limits = limits_of(*settings.snapshot, settings.snapshot->upstreams[i]);
        const auto& where = settings.upstreams[i];
        const auto known = std::ranges::find(pools_, where, &pool::where);
        if (known == pools_.end()) {
            const auto label = settings.snapshot->upstream_labels[i];
            next.push_back(std::make_shared<pool>(with_, limits, shares, where, label, name_of(settings, i)));
            next.back()->connections.use(tls_of(settings, i, {}));
            if (is_draining_) next.back()->connections.drain();
            continue;
        }
        (*known)->connections.configure(limits);
        (*known)->connections.use(tls_of(settings, i, (*known)->connections.tls()));
        (*known)->sharing.configure(shares);
        next.push_back(*known);
    }
    for (const auto& each : pools_) {
        if (std::ranges::find(next, each) == next.end()) each->connections.drain();
    }
    pools_ = std::move(next);
}

void worker_upstreams::look_at_addresses() {
    for (const auto& each : pools_) each->connections.look_at_addresses();
}

void worker_upstreams::drain() {
    is_draining_ = true;
    for (const auto& each : pools_) each->connections.drain();
}

std::vector<proxy::upstream_place> worker_upstreams::places(const proxy::snapshot& settings) const {
    std::vector<proxy::upstream_place> out;
    for (const auto& each : pools_) out.push_back(place_of(each, settings));
    return out;
}

proxy::upstream_place worker_upstreams::place_of(const std::shared_ptr<pool>& one,
                                                 const proxy::snapshot& settings) const {
    const auto& limits = settings.options.limits;
    const protocol::http1_limits messages{settings.head_limits,
                                          {limits.chunk_extension, limits.trailer_size}};
    const std::shared_ptr<net::connection_pool> connections(one, &one->connections);
    return {std::make_shared<protocol::http1_upstream>(connections, with_.blocks, messages),
            std::shared_ptr<proxy::upstream_sharing>(one, &one->sharing)};
}

proxy::upstream_place worker_upstreams::place_at(const std::shared_ptr<const address_book>& where,
                                                 const worker_settings& settings) const {
    const auto& snapshot = *settings.snapshot;
    const auto one = std::make_shared<pool>(with_, limits_of(snapshot, snapshot.upstreams.front()),
                                            snapshot.options.limits, where, snapshot.upstream_labels.front(),
                                            std::string());
    return place_of(one, snapshot);
}

}  // namespace gate::app
