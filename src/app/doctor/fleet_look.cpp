// What look_at_fleet() asks.
#include <gate/app/doctor/fleet_section.hpp>
#include <gate/app/fleet_seat.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/auth/time_source.hpp>
#include <gate/config/store_url.hpp>
#include <gate/net/tls_files.hpp>

#include <stdexcept>

namespace gate::app::doctor {
namespace {

constexpr std::chrono::seconds patience{5};

// Compares the store's clock with ours, and forgets what the log says of tokens.
class clock_listener final : public store::survey_listener {
public:
    void sampled(const auth::clock_sample& sample) override {
        const auto since = auth::fleet_now() - (sample.sent + sample.received) / 2;
        const auto ours = std::chrono::time_point_cast<std::chrono::microseconds>(core::wall_clock::now());
        ahead_ = std::chrono::round<std::chrono::milliseconds>(sample.said + since - ours);
    }
    void heard(const auth::fleet_message&) override {}

    std::optional<std::chrono::milliseconds> ahead() const { return ahead_; }

private:
    std::optional<std::chrono::milliseconds> ahead_;
};

store::survey survey(core::asio::io_context& context, const store::fleet_log_options& how,
                     const store::fleet_keys& keys, clock_listener& by) {
    net::deadline_wheel wheel(context.get_executor());
    return run_to_end(context, store::survey_store(context.get_executor(), wheel, how, keys, by,
                                                   core::clock::now() + patience));
}

store::trial try_to_write(core::asio::io_context& context, const store::fleet_log_options& how,
                          const store::fleet_keys& keys) {
    net::deadline_wheel wheel(context.get_executor());
    return run_to_end(
        context, store::try_log(context.get_executor(), wheel, how, keys, core::clock::now() + patience));
}

}  // namespace

fleet_facts look_at_fleet(const config::config& options) {
    fleet_facts out;
    auto how = store_options_of(options);
    if (config::is_tls_store(options.fleet.url)) {
        std::vector<net::tls_problem> wrong;
        how.tls = net::read_client_material(options.fleet.tls, wrong);
        if (!wrong.empty()) out.problem = wrong.front().key + ": " + wrong.front().message;
    }
    if (!out.problem.empty()) return out;
    try {
        const auto keys = fleet_keys_of(options);
        core::asio::io_context context{1};
        clock_listener by;
        out.read = survey(context, how, *keys, by);
        out.clock_ahead = by.ahead();
        if (out.read.failure == store::fault::none) out.written = try_to_write(context, how, *keys);
    } catch (const std::runtime_error& e) {  // OpenSSL cannot use what fleet.tls names
        out.problem = e.what();
    }
    return out;
}

}  // namespace gate::app::doctor
