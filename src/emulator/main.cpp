// gate-emulator: a local Gate for demos, tests and CI.

#include <gate/core/signals.hpp>
#include <gate/emulator/options.hpp>
#include <gate/emulator/server.hpp>

#include <csignal>
#include <exception>
#include <iostream>

#include <sys/resource.h>

namespace {

using namespace gate::emulator;

void fill(fake_gate& gate, const options& settings, wall_time now) {
    for (const auto& [token, account] : settings.tokens) {
        token_record record;
        record.account = account;
        record.created_at = now;
        gate.tokens.put(token, std::move(record));
    }
    if (settings.accept_all) gate.tokens.accept_all(*settings.accept_all);
    gate.faults.replace(settings.faults);
}

// Thousands of connections need as many descriptors; the soft limit is often 1024.
void allow_many_connections() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int run(const options& settings) {
    const wall_time now = gate::core::wall_clock::now();
    fake_gate gate(settings.gate, now);  // outlives the context: sessions that a signal cuts off refer to it
    fill(gate, settings, now);
    allow_many_connections();
    std::signal(SIGPIPE, SIG_IGN);

    boost::asio::io_context context(1);
    server listeners(context, gate, settings);
    gate::core::signal_source signals(context, {SIGINT, SIGTERM});
    signals.start([&context](int) { context.stop(); });
    listeners.start();
    std::cout << "gate-emulator listening on " << listeners.api_address() << '\n'
              << "gate-emulator control on " << listeners.control_address() << std::endl;
    context.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto parsed = parse_options(argc, argv, std::cout, std::cerr);
        if (const auto* over = std::get_if<early_exit>(&parsed)) return over->status;
        return run(std::get<options>(parsed));
    } catch (const std::exception& error) {
        std::cerr << "gate-emulator: " << error.what() << '\n';
        return 1;
    }
}
