#include "measure.hpp"

#include "clients.hpp"
#include "handshakes.hpp"
#include "process_usage.hpp"
#include "subscribers.hpp"

#include <algorithm>
#include <ostream>

namespace bench {
namespace {

constexpr auto poll_time = std::chrono::milliseconds(50);
constexpr auto patience = std::chrono::seconds(20);
constexpr auto settling_time = std::chrono::seconds(5);              // pools give back what a burst has left
constexpr auto time_for_the_other = std::chrono::milliseconds(400);  // to listen, and to end
constexpr std::size_t idle_batch = 50;                               // connections opened at once
constexpr std::size_t idle_at_once = 200;                            // first requests under way

time_point in(double seconds) {
    return clock::now() + duration(static_cast<duration::rep>(seconds * 1e9));
}

// Until the condition holds; false where it did not within the patience.
template <class Condition>
bool run_until(event_loop& loop, Condition condition) {
    const auto deadline = clock::now() + patience;
    while (!condition()) {
        if (clock::now() > deadline) return false;
        loop.run_once(poll_time);
    }
    return true;
}

void serve_for(event_loop& loop, duration time) {
    for (const auto end = clock::now() + time; clock::now() < end;) loop.run_once(poll_time);
}

// What the proxy, and this process, used between the two ends.
class measured_time {
public:
    explicit measured_time(const std::vector<int>& pids)
        : pids_(pids), proxy_(cpu_of(pids)), own_(own_cpu()) {
        began_ = clock::now();
    }
    void end() {
        seconds_ = std::chrono::duration<double>(clock::now() - began_).count();
        const auto own = own_cpu();
        const auto proxy = cpu_of(pids_);
        proxy_ = {proxy.scheduled - proxy_.scheduled, proxy.user - proxy_.user, proxy.system - proxy_.system};
        own_ = own - own_;
    }
    void print(std::ostream& out) const {
        out << "\"seconds\":" << seconds_ << ",\"cpu\":" << proxy_.scheduled << ",\"user\":" << proxy_.user
            << ",\"system\":" << proxy_.system << ",\"own_cpu\":" << own_;
    }

private:
    const std::vector<int>& pids_;
    cpu_usage proxy_;
    double own_, seconds_ = 0;
    time_point began_;
};

void print_latencies(std::vector<std::uint32_t>& all, std::ostream& out) {
    std::sort(all.begin(), all.end());
    const auto at = [&](double part) {
        if (all.empty()) return 0.0;
        const auto place = static_cast<std::size_t>(static_cast<double>(all.size()) * part);
        return all[std::min(place, all.size() - 1)] / 1e3;
    };
    out << ",\"p50\":" << at(0.5) << ",\"p90\":" << at(0.9) << ",\"p99\":" << at(0.99)
        << ",\"p999\":" << at(0.999);
}

void print_memory(const memory_usage& memory, std::ostream& out) {
    out << ",\"rss\":" << memory.resident << ",\"pss\":" << memory.proportional;
}

void print_tally(const tally& seen, std::ostream& out) {
    out << ",\"wrong_bodies\":" << seen.wrong_bodies << ",\"checked\":" << seen.checked
        << ",\"without_identity\":" << seen.without_identity << ",\"with_token\":" << seen.with_token;
}

void run_for(event_loop& loop, clients& callers, double seconds, double rate) {
    for (const auto end = in(seconds); clock::now() < end;) {
        duration wait = poll_time;
        if (rate > 0) wait = callers.ask_due(rate) - clock::now();
        loop.run_once(wait);
    }
}

}  // namespace

void serve(const options& all) {
    event_loop loop;
    const workload work(all.work);
    stubs behind(loop, all.stubs, work);
    for (;;) loop.run_once(poll_time);
}

void measure_requests(const options& all, std::ostream& out) {
    event_loop loop;
    const workload work(all.work);
    stubs behind(loop, all.stubs, work);
    if (all.stubs.share_ports) serve_for(loop, time_for_the_other);
    clients callers(loop, work, all.port, all.rate > 0 ? pace::rate : pace::closed_loop);
    if (all.rotate) callers.rotate(all.tokens);
    if (all.tls) callers.speak_tls();
    callers.connect(all.connections, all.tokens);
    if (all.rate <= 0) callers.ask_all();
    run_for(loop, callers, all.warm_up, all.rate);

    callers.record(true);
    const auto answered = callers.answered(), verified = behind.seen().verifications;
    measured_time time(all.pids);
    run_for(loop, callers, all.seconds, all.rate);
    time.end();

    out << "{\"count\":" << callers.answered() - answered
        << ",\"verifications\":" << behind.seen().verifications - verified
        << ",\"request_body\":" << work.request_body << ",\"response_body\":" << work.response_body << ',';
    time.print(out);
    print_latencies(callers.latencies(), out);
    print_memory(memory_of(all.pids), out);
    print_tally(behind.seen(), out);
    out << ",\"bad\":" << callers.bad() << ",\"lost\":" << callers.lost() << "}" << std::endl;
    if (all.stubs.share_ports) serve_for(loop, time_for_the_other);
}

void measure_handshakes(const options& all, std::ostream& out) {
    event_loop loop;
    handshakes makers(loop, all.port);
    makers.begin(all.connections);
    const auto run = [&](double seconds) {
        for (const auto end = in(seconds); clock::now() < end;) loop.run_once(poll_time);
    };
    run(all.warm_up);
    makers.record(true);
    const auto before = makers.made();
    measured_time time(all.pids);
    run(all.seconds);
    time.end();
    out << "{\"count\":" << makers.made() - before << ',';
    time.print(out);
    print_latencies(makers.latencies(), out);
    print_memory(memory_of(all.pids), out);
    out << ",\"lost\":" << makers.lost() << "}" << std::endl;
}

void measure_streams(const options& all, std::ostream& out) {
    event_loop loop;
    const workload work(all.work);
    stubs behind(loop, all.stubs, work);
    subscribers callers(loop, work, all.port);
    for (std::size_t open = 0; open < all.connections; open += idle_batch) {
        callers.subscribe(std::min(idle_batch, all.connections - open), all.tokens);
        run_until(loop, [&] { return callers.accepted() + callers.lost() >= open; });
    }
    run_until(loop, [&] { return callers.accepted() + callers.lost() >= all.connections; });
    std::uint64_t sent = 0;
    const auto broadcast_for = [&](double seconds, bool record) {
        for (const auto end = in(seconds); clock::now() < end;) {
            sent += behind.streams();
            callers.expect_event(record);
            behind.broadcast();
            if (!run_until(loop, [&] { return callers.events() >= sent || callers.lost() > 0; })) return;
        }
    };
    broadcast_for(all.warm_up, false);

    const auto before = callers.events();
    measured_time time(all.pids);
    broadcast_for(all.seconds, true);
    time.end();

    out << "{\"count\":" << callers.events() - before << ",\"streams\":" << behind.streams() << ',';
    time.print(out);
    print_latencies(callers.latencies(), out);
    print_memory(memory_of(all.pids), out);
    print_tally(behind.seen(), out);
    out << ",\"missing\":" << sent - callers.events() << ",\"bad\":" << callers.bad()
        << ",\"lost\":" << callers.lost() << "}\n";
}

void measure_idle(const options& all, std::ostream& out) {
    event_loop loop;
    const workload work(all.work);
    stubs behind(loop, all.stubs, work);
    clients callers(loop, work, all.port, pace::once);
    if (all.tls) callers.speak_tls();
    const auto before = memory_of(all.pids);
    while (callers.size() < all.connections) {
        callers.connect(std::min(idle_batch, all.connections - callers.size()), all.tokens);
        loop.run_once(duration(0));
    }
    for (std::size_t asked = 0; asked < callers.size(); ++asked) {
        callers.ask_one(asked);
        run_until(loop, [&] { return asked - callers.answered() <= idle_at_once || callers.lost() > 0; });
    }
    run_until(loop, [&] { return callers.answered() + callers.lost() >= all.connections; });
    serve_for(loop, settling_time);
    const auto after = memory_of(all.pids);
    out << "{\"count\":" << callers.answered() << ",\"connections\":" << all.connections
        << ",\"rss_before\":" << before.resident << ",\"pss_before\":" << before.proportional;
    print_memory(after, out);
    print_tally(behind.seen(), out);
    out << ",\"bad\":" << callers.bad() << ",\"lost\":" << callers.lost() << "}\n";
}

}  // namespace bench
