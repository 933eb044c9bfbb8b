#include "opener.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <utility>

namespace gate::client {

core::task<opened> opener::open(std::shared_ptr<boost::asio::ssl::context> tls, core::time_point deadline) {
    opened out;
    if (!socket_.empty()) {
        endpoints only{core::asio::local::stream_protocol::endpoint(socket_)};
        out = co_await open_first_of(std::move(only), std::move(tls), deadline);
        co_return out;
    }
    auto found = co_await addresses_.resolve(deadline);
    if (found) {
        endpoints all(found->begin(), found->end());
        out = co_await open_first_of(std::move(all), std::move(tls), deadline);
        if (!out.own) addresses_.doubt();
        co_return out;
    }
    if (limits_.is_closed()) {
        out.problem = {failure::closing, "closing"};
        co_return out;
    }
    out.problem = explain(found.error(), found.error() != core::asio::error::timed_out);
    co_return out;
}

// One after the other, each with its share of the time that is left, so that a silent address does not eat it
// all.
core::task<opened> opener::open_first_of(endpoints known, std::shared_ptr<boost::asio::ssl::context> tls,
                                         core::time_point deadline) {
    opened out;
    out.problem = {failure::closing, "closing"};
    if (limits_.is_closed()) co_return out;
    socket_deadline limit(executor_, limits_);
    for (std::size_t i = 0; i < known.size(); ++i) {
        const auto now = core::clock::now();
        const auto share = (deadline - now) / static_cast<core::clock::rep>(known.size() - i);
        auto next = std::make_unique<connection>(executor_, tls.get(), host_);
        limit.arm(deadline == core::never ? deadline : now + share, next->socket());
        const auto error = co_await next->open(known[i], plain_);
        limit.disarm();
        if (!error && !limit.has_passed()) {
            out.own = std::move(next);
            co_return out;
        }
        out.problem = explain(error, !limit.has_passed());
        if (!limit.has_passed() && !next->tls_problem().empty()) out.problem.detail = next->tls_problem();
    }
    co_return out;
}

}  // namespace gate::client
