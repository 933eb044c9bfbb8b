#pragma once
// The client of Gate that a worker's authenticator asks.

#include <gate/app/worker.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/verify/gate_verifier.hpp>

#include <utility>

namespace gate::app {

// Counts the calls to Gate beside making them.
class worker::measured_verifier final : public auth::token_verifier {
public:
    measured_verifier(core::executor executor, const shared_parts& parts, const worker_settings& settings,
                      telemetry::worker_metrics& metrics)
        : client_(executor, settings.snapshot->options.gate, parts.secret_keys, settings.tls,
                  options_of(parts)),
          metrics_(metrics) {}

    void configure(const worker_settings& settings) {
        client_.configure(settings.snapshot->options.gate, settings.tls);
    }

    core::task<auth::verification> verify(core::secret_string token, core::time_point deadline,
                                          auth::attempt which) override {
        const auto asked = core::clock::now();
        auto answer = co_await client_.verify(std::move(token), deadline, which);
        metrics_.count_client_request(telemetry::peer::gate, core::clock::now() - asked);
        co_return answer;
    }

    void close() { client_.close(); }

private:
    static verify::verifier_options options_of(const shared_parts& parts) {
        verify::verifier_options out;
        out.version = telemetry::version();
        out.connections.may_send = [&calls = parts.tokens.calls] {
            return calls.time_left(core::clock::now()).count() == 0;
        };
        return out;
    }

    verify::gate_verifier client_;
    telemetry::worker_metrics& metrics_;
};

}  // namespace gate::app
