#include <gate/net/look_ups.hpp>
#include <gate/net/resolver.hpp>

#include <boost/asio/ip/basic_resolver.hpp>

#include <algorithm>
#include <utility>

namespace gate::net {

// Kept by the look-up that is under way, which may outlive the resolver.
struct resolver::state {
    core::executor executor;
    std::string host;
    std::uint16_t port;
    core::duration look_up_again;
    tcp_endpoints known;
    core::time_point stale_at = core::time_point::min();
    core::error_code error;
    bool looking = false;
    bool closed = false;
    std::vector<core::timer*> waiting;
};

resolver::resolver(const core::executor& executor, std::string host, std::uint16_t port,
                   core::duration look_up_again)
    : state_(new state{executor,
                       std::move(host),
                       port,
                       look_up_again,
                       {},
                       core::time_point::min(),
                       {},
                       false,
                       false,
                       {}}) {
    core::error_code ec;
    const auto address = core::asio::ip::make_address(state_->host, ec);
    if (ec) return;
    state_->known = {core::tcp::endpoint(address, port)};
    state_->stale_at = core::never;
}

core::task<core::result<tcp_endpoints>> resolver::resolve(core::time_point deadline) {
    const auto self = state_;
    if (self->closed) co_return core::error_code(core::asio::error::operation_aborted);
    if (core::clock::now() >= self->stale_at && !std::exchange(self->looking, true))
        core::spawn(look_up(self));
    if (!self->known.empty()) co_return self->known;

    core::timer wait(self->executor, deadline);
    self->waiting.push_back(&wait);
    co_await wait.async_wait(core::use_task);
    std::erase(self->waiting, &wait);
    if (self->closed) co_return core::error_code(core::asio::error::operation_aborted);
    if (!self->known.empty()) co_return self->known;
    if (self->looking || !self->error) co_return core::error_code(core::asio::error::timed_out);
    co_return self->error;
}

core::task<> resolver::look_up(std::shared_ptr<state> self) {
    const look_up_mark is_under_way;
    core::asio::ip::basic_resolver<core::tcp, core::executor> system(self->executor);
    const auto [ec, found] =
        co_await system.async_resolve(self->host, std::to_string(self->port),
                                      core::asio::ip::resolver_base::numeric_service, core::use_task);
    self->looking = false;
    self->error = ec;
    if (!ec) {  // else the last good addresses stay
        self->known.clear();
        for (const auto& each : found) self->known.push_back(each.endpoint());
        self->stale_at = core::clock::now() + self->look_up_again;
    }
    for (auto* each : self->waiting) each->cancel();
}

void resolver::close() {
    state_->closed = true;
    for (auto* each : state_->waiting) each->cancel();
}

void resolver::doubt() {
    if (state_->stale_at != core::never) state_->stale_at = core::time_point::min();
}

}  // namespace gate::net
