#include <gate/emulator/counters.hpp>

#include <algorithm>

namespace gate::emulator {
namespace {

constexpr std::size_t most_listed_tokens = 100'000;

void write_number(json_writer& out, const char* key, std::uint64_t value) {
    out.Key(key);
    out.Uint64(value);
}

}  // namespace

void counters::count_token(std::string_view token) {
    const auto found = calls_of_.find(std::string(token));
    if (found != calls_of_.end()) {
        ++found->second;
    } else if (calls_of_.size() < most_listed_tokens) {
        calls_of_.emplace(token, 1);
    } else {
        ++calls_of_unlisted_tokens_;
    }
}

std::uint64_t counters::calls_of(std::string_view token) const {
    const auto found = calls_of_.find(std::string(token));
    return found == calls_of_.end() ? 0 : found->second;
}

void counters::enter() {
    max_in_flight = std::max(max_in_flight, ++in_flight_);
}

void counters::reset() {
    const std::uint64_t open = connections_open;
    const std::uint64_t running = in_flight_;
    *this = counters{};
    connections_open = open;
    in_flight_ = running;
    max_in_flight = running;
}

void counters::write_members(json_writer& out) const {
    out.Key("verify");
    out.StartObject();
    write_number(out, "total", verify.total);
    write_number(out, "valid", verify.valid);
    write_number(out, "invalid", verify.invalid);
    write_number(out, "4xx", verify.refused);
    write_number(out, "429", verify.rate_limited);
    write_number(out, "faulted", verify.faulted);
    out.EndObject();
    out.Key("revoke");
    out.StartObject();
    write_number(out, "total", revoke.total);
    write_number(out, "revoked", revoke.revoked);
    write_number(out, "unknown", revoke.unknown);
    write_number(out, "4xx", revoke.refused);
    write_number(out, "429", revoke.rate_limited);
    write_number(out, "faulted", revoke.faulted);
    out.EndObject();
    write_number(out, "other_requests", other_requests);
    write_number(out, "early_calls", early_calls);
    write_number(out, "in_flight", in_flight_);
    write_number(out, "max_in_flight", max_in_flight);
    out.Key("connections");
    out.StartObject();
    write_number(out, "open", connections_open);
    write_number(out, "accepted", connections_accepted);
    write_number(out, "tls_failures", tls_failures);
    out.EndObject();
    out.Key("calls_per_token");
    out.StartObject();
    for (const auto& [token, calls] : calls_of_) write_number(out, token.c_str(), calls);
    out.EndObject();
    write_number(out, "calls_of_unlisted_tokens", calls_of_unlisted_tokens_);
}

}  // namespace gate::emulator
