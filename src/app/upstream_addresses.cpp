#include <gate/app/upstream_addresses.hpp>
#include <gate/net/look_ups.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace gate::app {
namespace {

constexpr std::chrono::seconds refresh_interval{10};
constexpr std::chrono::seconds retry_interval{1};

// What needs no resolver.
std::optional<core::stream_protocol::endpoint> literal_address(const config::url& upstream) {
    if (!upstream.socket.empty()) {
        auto path = upstream.socket;
        if (path.front() == '@') path.front() = '\0';  // an abstract name (unix(7))
        return core::stream_protocol::endpoint(boost::asio::local::stream_protocol::endpoint(path));
    }
    core::error_code ec;
    const auto address = boost::asio::ip::make_address(upstream.host, ec);
    if (ec) return std::nullopt;
    return core::stream_protocol::endpoint(core::tcp::endpoint(address, upstream.port));
}

}  // namespace

upstream_addresses::upstream_addresses(core::executor control, const config::url& upstream, reports to)
    : upstream_(upstream), to_(std::move(to)), resolver_(control), again_(control) {
    if (const auto literal = literal_address(upstream_)) {
        is_literal_ = true;
        book_->set({*literal});
    }
}

void upstream_addresses::start() {
    if (!is_literal_) resolve();
}

void upstream_addresses::when_known(std::function<void()> then) {
    if (is_literal_ || has_answer_) return then();
    when_known_ = std::move(then);
}

void upstream_addresses::stop() {
    is_stopped_ = true;
    when_known_ = nullptr;
    resolver_.cancel();
    again_.cancel();
}

std::uint64_t address_book::next_number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::shared_ptr<const net::address_list> address_book::get() const {
    const core::lock_guard lock(mutex_);
    return addresses_;
}

bool address_book::set(net::address_list addresses) {
    const auto made = std::make_shared<const net::address_list>(std::move(addresses));
    auto before = made;
    {
        const core::lock_guard lock(mutex_);
        before = std::exchange(addresses_, made);
    }
    return !before || std::ranges::all_of(*before, [&](const core::stream_protocol::endpoint& each) {
        return std::ranges::find(*made, each) != made->end();
    });
}

void upstream_addresses::resolve() {
    resolver_.async_resolve(upstream_.host, std::to_string(upstream_.port),
                            core::tcp::resolver::numeric_service,
                            [self = shared_from_this(), mark = net::look_up_mark()](
                                const core::error_code& ec, const resolver::results_type& found) {
                                self->on_resolved(ec, found);
                            });
}

void upstream_addresses::on_resolved(const core::error_code& ec, const resolver::results_type& found) {
    if (ec == boost::asio::error::operation_aborted || is_stopped_) return;
    const bool is_first = !std::exchange(has_answer_, true);
    net::address_list addresses;
    if (!ec) {
        for (const auto& entry : found) addresses.emplace_back(entry.endpoint());
    } else if (!has_complained_) {
        to_.complaint("the upstream's name '" + upstream_.host + "' cannot be resolved: " + ec.message());
    }
    has_complained_ = static_cast<bool>(ec);
    const bool takes_it = !ec || is_first;  // the last good answer stays
    const bool has_all = !takes_it || book_->set(std::move(addresses));
    if (is_first || !has_all) to_.changed();
    if (auto then = std::exchange(when_known_, nullptr)) then();
    const auto wait = ec ? retry_interval : refresh_interval;
    again_.expires_after(wait);
    again_.async_wait([self = shared_from_this()](const core::error_code& cancelled) {
        if (!cancelled && !self->is_stopped_) self->resolve();
    });
}

}  // namespace gate::app
