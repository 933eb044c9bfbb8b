// How a worker takes another configuration over.
#include <gate/app/worker.hpp>
#include <gate/proxy/echo.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::app {

void worker::configure(worker_settings settings, std::function<void()> done) {
    boost::asio::post(context_, [this, settings = std::move(settings), done = std::move(done)]() mutable {
        take_over(std::move(settings));
        sessions_.rounds().look_at_policy(done);
    });
}

void worker::set_echo(std::shared_ptr<const address_book> where, core::secret_string nonce,
                      std::function<void()> done) {
    boost::asio::post(context_, [this, where = std::move(where), nonce = std::move(nonce),
                                 done = std::move(done)]() mutable {
        echo_ = where ? std::make_shared<const proxy::echo>(std::move(nonce),
                                                            upstreams_.place_at(where, settings_))
                      : nullptr;
        proxy_.echo = echo_ ? &echo_ : nullptr;
        done();
    });
}

void worker::look_at_addresses() {
    boost::asio::post(context_, [this] { upstreams_.look_at_addresses(); });
}

// From here on requests begin with the new snapshot; those that have begun keep the old one, and its
// connections to the upstream until the last of them has ended.
void worker::take_over(worker_settings settings) {
    settings_ = std::move(settings);
    upstreams_.configure(settings_);
    checks_.configure(settings_);
    sessions_.rounds().configure(options().cache);
    sessions_.configure(options().limits);
    for (auto& each : listeners_) each.configure(settings_);
    proxy_.logs_requests = options().log.access;
    if (spans_) spans_->configure(options());
    proxy_.refusals = options().admin.page ? &refusals_ : nullptr;
    proxy_.current = current_snapshot();
    if (answer_door_) answer_door_->look_at_snapshot();
}

proxy::local_snapshot_pointer worker::current_snapshot() {
    return new proxy::local_snapshot(settings_.snapshot, upstreams_.places(*settings_.snapshot));
}

}  // namespace gate::app
