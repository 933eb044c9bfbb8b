// How a worker takes another configuration over.
#include <gate/app/worker.hpp>
#include <gate/protocol/http1_outbound.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::app {

void worker::configure(worker_settings settings, std::function<void()> done) {
    boost::asio::post(context_, [this, settings = std::move(settings), done = std::move(done)]() mutable {
        take_over(std::move(settings));
        sessions_.rounds().look_at_policy(done);
    });
}

// From here on requests begin with the new snapshot; those that have begun keep the old one, and its
// connections to the upstream until the last of them has ended.
void worker::take_over(worker_settings settings) {
    const auto is_elsewhere = settings.upstream != settings_.upstream;
    settings_ = std::move(settings);
    const auto limits = pool_options_of(*settings_.snapshot);
    if (is_elsewhere) {
        upstream_->drain();
        upstream_ = make_upstream_pool(context_.get_executor(), wheel_, limits, settings_.upstream, metrics_,
                                       sharing_);
        if (proxy_.closing) upstream_->drain();
    } else {
        upstream_->configure(limits);
    }
    sharing_.configure(options().limits);
    checks_.configure(settings_);
    sessions_.rounds().configure(options().cache);
    proxy_.log = options().log.access ? &log_ : nullptr;
    proxy_.current = current_snapshot();
}

proxy::local_snapshot_pointer worker::current_snapshot() {
    const auto& limits = options().limits;
    auto places = std::make_shared<protocol::http1_upstream>(
        upstream_, memory_.blocks,
        protocol::http1_limits{settings_.snapshot->head_limits,
                               {limits.chunk_extension, limits.trailer_size}});
    return new proxy::local_snapshot(settings_.snapshot, std::move(places));
}

}  // namespace gate::app
