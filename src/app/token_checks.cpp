#include <gate/app/gate_calls.hpp>
#include <gate/app/token_checks.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/verify/gate_verifier.hpp>

#include <utility>

namespace gate::app {

// Counts the calls to Gate beside making them.
class token_checks::measured_verifier final : public auth::token_verifier {
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
        metrics_.count_gate_request(core::clock::now() - asked);
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

token_checks::token_checks(core::executor executor, const shared_parts& parts,
                           const worker_settings& settings, telemetry::worker_metrics& metrics)
    : executor_(executor),
      hasher_(make_token_hasher(parts.key, settings.snapshot->options)),
      verifier_(std::make_unique<measured_verifier>(executor, parts, settings, metrics)),
      authenticator_(parts.tokens, *verifier_, executor, settings.snapshot->options.cache,
                     settings.snapshot->options.gate, settings.snapshot->options.auth) {}

token_checks::~token_checks() = default;

void token_checks::configure(const worker_settings& settings) {
    const auto& options = settings.snapshot->options;
    authenticator_.configure(options.cache, options.gate, options.auth);
    verifier_->configure(settings);
}

void token_checks::close() {
    verifier_->close();
}

core::task<> token_checks::wait_until_quiet(core::time_point until) {
    while (authenticator_.under_way() != 0 && core::clock::now() < until)
        co_await auth::sleep_for(executor_, core::duration{1});
}

}  // namespace gate::app
