#include <gate/app/doctor/counted.hpp>
#include <gate/app/doctor/fleet_section.hpp>
#include <gate/config/problem.hpp>

#include <cstdlib>

namespace gate::app::doctor {
namespace {

using std::chrono::milliseconds;
using store::fault;

// Message times are the store's own, so that nothing depends on it but what people compare in logs.
constexpr milliseconds clock_noticed{2'000};
constexpr milliseconds clock_wrong{60'000};

std::string trouble_text(fault why, const std::string& said) {
    auto out = std::string(store::to_string(why));
    if (!said.empty()) out += ", " + config::in_quotes(said);
    return out;
}

std::string fix_of(fault why) {
    switch (why) {
        case fault::unreachable:
        case fault::late:
        case fault::broken:
            return "see that the store runs, and that this host may connect to fleet.url (NetworkPolicy, "
                   "firewall)";
        case fault::insecure: return "set fleet.tls.ca_file and fleet.tls.server_name, or use rediss://";
        case fault::refused:
            return "correct fleet.username and the password (fleet.password_file, "
                   "GATE_SIDECAR_FLEET_PASSWORD)";
        case fault::garbled: return "correct fleet.url: what answers there is no Valkey or Redis";
        default: return "give the user of fleet.username the rights that README.md lists (ACL SETUSER)";
    }
}

finding judge_clock(const fleet_facts& found) {
    if (!found.clock_ahead) return skipping("fleet.clock", "the store has not told its time");
    const auto off = milliseconds(std::abs(found.clock_ahead->count()));
    const auto text = "this host's clock is " +
                      std::to_string(std::chrono::round<std::chrono::seconds>(off).count()) + " s " +
                      (found.clock_ahead->count() > 0 ? "behind" : "ahead of") + " the store's";
    const std::string fix = "have both clocks set by NTP (chrony, systemd-timesyncd)";
    if (off > clock_wrong) return failure("fleet.clock", text, fix);
    if (off > clock_noticed) return warning("fleet.clock", text, fix);
    return passed("fleet.clock", "this host's clock agrees with the store's within 2 s");
}

finding judge_seal(const fleet_facts& found, bool is_running) {
    if (found.read.unsealed != 0)
        return failure("fleet.seal",
                       "in the log there is something that is not sealed with this fleet's key (" +
                           counted(found.read.unsealed, "message") + ")",
                       "find out who else writes to the store, and take its rights to {gate:* away");
    if (is_running && found.read.replicas == 0)
        return failure("fleet.seal",
                       "a sidecar runs here, and the store knows of no replica under this fleet's key",
                       "use the same fleet.key_file, gate.base_url and gate.verify_path as the replicas");
    if (found.read.replicas == 0)
        return skipping(
            "fleet.seal", "the store knows of no replica under this fleet's key",
            "run it while replicas run; if some do, use the same fleet.url, fleet.key_file, gate.base_url "
            "and gate.verify_path as they do");
    return passed("fleet.seal", counted(found.read.replicas, "replica") + " with this fleet's key");
}

finding judge_events(const fleet_facts& found) {
    if (!found.written) return skipping("fleet.events", "not tried");
    const auto& tried = *found.written;
    if (tried.failure != fault::none)
        return failure(
            "fleet.events",
            "a message cannot be written and read (" + trouble_text(tried.failure, tried.said) + ")",
            fix_of(tried.failure));
    if (!tried.came_back)
        return failure("fleet.events", "a message does not come back as it was written",
                       "let every replica and this host use one store that keeps what it is given: see "
                       "fleet.url");
    const auto took = std::chrono::round<milliseconds>(tried.took);
    return passed("fleet.events",
                  "a message comes back as it was written, after " + std::to_string(took.count()) + " ms");
}

}  // namespace

findings judge_fleet(const fleet_facts& found, bool is_running) {
    if (!found.problem.empty())
        return {failure("fleet.store", "the store cannot be asked: " + found.problem,
                        "correct the files that fleet.tls names")};
    if (found.read.failure != fault::none)
        return {failure("fleet.store",
                        "the store cannot be asked (" + trouble_text(found.read.failure, found.read.said) +
                            "): each replica knows only what it asks itself",
                        fix_of(found.read.failure))};
    return {passed("fleet.store", "the store answers"), judge_seal(found, is_running), judge_events(found),
            judge_clock(found)};
}

}  // namespace gate::app::doctor
