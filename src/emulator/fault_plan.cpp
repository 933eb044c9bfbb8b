#include <gate/emulator/fault_plan.hpp>

namespace gate::emulator {

std::optional<fault> fault_plan::next(call_kind kind, const dice& draw) {
    for (fault& rule : rules_) {
        const bool concerned = kind == call_kind::verify ? rule.on_verify : rule.on_revoke;
        if (!concerned || rule.count == 0U) continue;
        if (rule.probability < 1 && draw() >= rule.probability) continue;
        if (rule.count) --*rule.count;
        return rule;
    }
    return std::nullopt;
}

core::duration delay_of(const fault& rule, const fault_plan::dice& draw) {
    if (rule.jitter.count() == 0) return rule.latency;
    const double extra = draw() * static_cast<double>(rule.jitter.count());
    return rule.latency + core::duration(static_cast<core::duration::rep>(extra));
}

}  // namespace gate::emulator
