#include "run.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <cstring>

namespace gate::simulation {
namespace {

auth::client_id address(std::uint64_t number) {
    auth::client_id out;
    std::memcpy(out.bytes.data(), &number, sizeof number);
    return out;
}

constexpr std::uint64_t address_of_the_flood = 1;
constexpr std::uint64_t many_addresses = 1'000'000;

// The n-th token of the flood comes at n / flood_rate.
class flood {
public:
    explicit flood(const scenario& cell, core::time_point began)
        : cell_(cell),
          next_(cell.flood == flood_from::nobody ? core::never : began + cell.flooded.from),
          end_(began + cell.flooded.to) {}

    core::time_point next() const { return next_; }
    token_id token() const { return first_bad_token + number_; }
    std::size_t replica() const { return mix(number_) % cell_.replicas; }
    auth::client_id from() const {
        const bool many = cell_.flood == flood_from::many_addresses;
        return address(many ? 1000 + mix(number_ + 7) % many_addresses : address_of_the_flood);
    }
    void go_on() {
        ++number_;
        next_ += pause;
        if (next_ >= end_) next_ = core::never;
    }

private:
    static constexpr auto pause = std::chrono::nanoseconds(static_cast<long>(1e9 / flood_rate));
    const scenario& cell_;
    core::time_point next_;
    core::time_point end_;
    std::uint64_t number_ = 0;
};

class simulation {
public:
    simulation(const scenario& cell, const std::vector<request>& requests, subject what)
        : cell_(cell), requests_(requests) {
        const world in{queue_, gate_, book_, context_};
        for (std::size_t i = 0; i < cell.replicas; ++i) {
            replicas_.push_back(what == subject::sidecar ? make_sidecar(in, i, cell)
                                                         : make_plain_cache(in, i));
        }
    }

    outcome run() {
        flood bad(cell_, began_);
        auto good = requests_.begin();
        for (;;) {
            const auto good_at = good == requests_.end() ? core::never : began_ + good->at;
            const auto next = std::min({queue_.next(), good_at, bad.next()});
            if (next == core::never) break;
            if (next == queue_.next()) {
                queue_.run_next();
                run_posted();
                continue;
            }
            queue_.advance(next);
            if (next == good_at) {
                core::spawn(serve_good(*good++));
            } else {
                core::spawn(serve_bad(bad.replica(), bad.token(), bad.from()));
                bad.go_on();
            }
        }
        const auto measured = cell_.length - cell_.measured_from;
        return {book_.add_up(), gate_.stats(),
                static_cast<double>(measured.count()) / static_cast<double>(gate_model::window.count())};
    }

private:
    core::task<> serve_good(request what) {
        const auto from =
            cell_.flood == flood_from::address_of_the_good ? address_of_the_flood : what.token + 2;
        const auto asked = co_await replicas_[what.replica]->serve(what.token, address(from));
        book_.note_served(what, asked, queue_.now());
    }

    core::task<> serve_bad(std::size_t replica, token_id token, auth::client_id from) {
        co_await replicas_[replica]->serve(token, from);
    }

    // Waiters are resumed through the event loop when a call has ended; nothing else is posted.
    void run_posted() {
        while (context_.poll() != 0) {
        }
    }

    const scenario& cell_;
    const std::vector<request>& requests_;
    core::asio::io_context context_{1};
    core::asio::executor_work_guard<core::executor> keep_{context_.get_executor()};
    event_queue queue_;
    const core::time_point began_ = queue_.now();
    gate_model gate_{queue_, cell_};
    ledger book_{cell_, began_, config::cache_options{}.ttl};
    std::vector<std::unique_ptr<replica>> replicas_;
};

}  // namespace

outcome run(const scenario& cell, const std::vector<request>& requests, subject what) {
    return simulation(cell, requests, what).run();
}

}  // namespace gate::simulation
