#include "fleet_run.hpp"

#include "fleet_replica.hpp"
#include "store_misfortunes.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <cstring>

namespace gate::simulation {
namespace {

auth::client_id address(std::uint64_t number) {
    auth::client_id out;
    std::memcpy(out.bytes.data(), &number, sizeof number);
    return out;
}

class fleet_simulation {
public:
    fleet_simulation(const fleet_cell& cell, const std::vector<request>& requests, bool has_store)
        : cell_(cell), requests_(requests), world_{queue_,       gate_,
                                                   store_,       book_,
                                                   context_,     cell,
                                                   queue_.now(), queue_.now() + cell.base.length,
                                                   has_store} {
        for (std::size_t i = 0; i < cell.base.replicas; ++i) put_replica(i);
    }

    fleet_outcome run() {
        start_events();
        auto next_request = requests_.begin();
        auto next_bad = bad_from();
        for (;;) {
            const auto at = next_request == requests_.end() ? core::never : began_ + next_request->at;
            const auto next = std::min({queue_.next(), at, next_bad});
            if (next == core::never) break;
            if (next == queue_.next()) {
                queue_.run_next();
                while (context_.poll() != 0) {
                }
                continue;
            }
            queue_.advance(next);
            if (next == at) {
                core::spawn(serve(next_request->replica, next_request->token));
                ++next_request;
            } else {
                core::spawn(serve(bad_ % cell_.base.replicas, first_bad_token + bad_));
                ++bad_;
                next_bad += bad_pause;
                if (next_bad >= began_ + cell_.base.flooded.to) next_bad = core::never;
            }
        }
        return sum_up();
    }

private:
    static constexpr core::duration bad_pause{1};

    core::time_point bad_from() const {
        return cell_.base.flood == flood_from::nobody ? core::never : began_ + cell_.base.flooded.from;
    }

    fleet_outcome sum_up() {
        fleet_outcome out{book_.add_up(), gate_.stats(), 0};
        const auto measured = cell_.base.length - cell_.base.measured_from;
        out.windows = std::chrono::duration<double>(measured) / std::chrono::duration<double>(cell_.window);
        std::size_t commands = 0;
        for (const auto& each : all_) commands += each->commands();
        out.seen.commands = static_cast<double>(commands) / static_cast<double>(cell_.base.replicas) /
                            std::chrono::duration<double>(cell_.base.length).count();
        return out;
    }

    // Those that have ended stay: what they have begun may still come back to them.
    void put_replica(std::size_t number) {
        all_.push_back(std::make_unique<fleet_replica>(world_, number, all_.size()));
        current_.resize(cell_.base.replicas);
        current_[number] = all_.back().get();
        all_.back()->start();
    }

    // A load balancer sends nothing to replicas that are not ready.
    fleet_replica* replica_for(std::size_t number) const {
        for (std::size_t i = 0; i < current_.size(); ++i) {
            auto* const each = current_[(number + i) % current_.size()];
            if (each != nullptr && each->is_ready()) return each;
        }
        return nullptr;
    }

    core::task<> serve(std::size_t number, std::uint64_t token) {
        const auto came = queue_.now();
        auto* replica = replica_for(number);
        while (replica == nullptr) {
            co_await queue_.until(queue_.now() + 10ms);
            replica = replica_for(number);
        }
        const auto asked = co_await replica->serve(token, address(token + 2));
        const bool nobody_answers = replica->is_stopped() && asked == core::never;
        if (!nobody_answers) book_.note_served(token, came, asked, queue_.now());
    }

    void start_events() {
        if (cell_.restart_every.count() != 0) core::spawn(restart_in_turn());
        if (cell_.revoke_every.count() != 0) core::spawn(revoke_in_turn());
        if (cell_.withdraw_every.count() != 0) core::spawn(withdraw_in_turn());
        if (cell_.key_every.count() != 0) core::spawn(change_keys());
        misfortunes_.start();
    }

    bool is_over() const { return queue_.now() >= world_.ends; }
    core::task<> restart_in_turn() {
        co_await queue_.until(began_ + cell_.base.measured_from);
        const auto last = cell_.all_restart_once ? cell_.base.replicas : std::size_t{1'000'000};
        for (std::size_t i = 0; i < last && !is_over(); ++i) {
            const auto number = i % cell_.base.replicas;
            current_[number]->stop();
            put_replica(number);
            co_await queue_.until(queue_.now() + cell_.restart_every);
        }
    }

    // The rarest tokens first: the others keep the traffic up.
    core::task<> revoke_in_turn() {
        co_await queue_.until(began_ + cell_.base.measured_from);
        for (std::size_t i = 1; !is_over() && i < cell_.base.good.tokens; i += 2) {
            co_await queue_.until(queue_.now() + cell_.revoke_every);
            if (queue_.now() + 5s >= world_.ends) break;
            const auto token = cell_.base.good.tokens - i;
            gate_.revoke(token);
            core::spawn(current_[i % cell_.base.replicas]->revoke(token));
        }
    }

    core::task<> withdraw_in_turn() {
        co_await queue_.until(began_ + cell_.base.measured_from);
        for (std::size_t i = 2; !is_over() && i < cell_.base.good.tokens; i += 2) {
            co_await queue_.until(queue_.now() + cell_.withdraw_every);
            gate_.revoke(cell_.base.good.tokens - i);
        }
    }

    core::task<> change_keys() {
        co_await queue_.until(began_ + cell_.base.measured_from);
        for (auto* each : current_) {
            each->change_secret_key();
            co_await queue_.until(queue_.now() + cell_.key_every);
        }
    }

    const fleet_cell& cell_;
    const std::vector<request>& requests_;
    core::asio::io_context context_{1};
    core::asio::executor_work_guard<core::executor> keep_{context_.get_executor()};
    event_queue queue_;
    const core::time_point began_ = queue_.now();
    gate_model gate_{queue_, cell_.base, cell_.limit, cell_.window};
    store_model store_{queue_, 2 * cell_.ttl + 10s};
    store_misfortunes misfortunes_{queue_, store_, cell_, began_};
    fleet_book book_{cell_, began_};
    fleet_world world_;
    std::vector<std::unique_ptr<fleet_replica>> all_;
    std::vector<fleet_replica*> current_;
    std::size_t bad_ = 0;
};

}  // namespace

std::vector<request> fleet_requests(const fleet_cell& cell) {
    auto out = good_requests(cell.base);
    if (cell.base.measured_from.count() == 0) return out;
    const auto ttl = static_cast<std::uint64_t>(cell.ttl.count());
    std::erase_if(out, [&](const request& each) {
        return each.at < core::duration(static_cast<core::duration::rep>(mix(each.token) % ttl));
    });
    return out;
}

fleet_outcome run_fleet(const fleet_cell& cell, const std::vector<request>& requests, bool has_store) {
    fleet_simulation simulation(cell, requests, has_store);
    return simulation.run();
}

}  // namespace gate::simulation
