#include <gate/telemetry/metrics_snapshot.hpp>

#include <algorithm>
#include <stdexcept>

namespace gate::telemetry {

metric_family& metrics_snapshot::family(metric_type type, std::string_view name, std::string_view help) {
    const auto found = std::ranges::find(families_, name, &metric_family::name);
    if (found == families_.end())
        return families_.emplace_back(metric_family{type, std::string(name), std::string(help)});
    if (found->type != type) throw std::logic_error("metrics: one name with two types");
    return *found;
}

void metrics_snapshot::append_sorted(metrics_snapshot other) {
    std::ranges::sort(other.families_, {}, &metric_family::name);
    for (auto& each : other.families_) {
        auto& into = family(each.type, each.name, each.help);
        for (auto& sample : each.samples) into.samples.push_back(std::move(sample));
    }
}

const metric_value* metrics_snapshot::find(std::string_view name, const label_list& labels) const noexcept {
    const auto family = std::ranges::find(families_, name, &metric_family::name);
    if (family == families_.end()) return nullptr;
    const auto sample = std::ranges::find(family->samples, labels, &metric_sample::labels);
    return sample == family->samples.end() ? nullptr : &sample->value;
}

}  // namespace gate::telemetry
