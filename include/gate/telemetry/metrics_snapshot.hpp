#pragma once
// Metrics as plain numbers of one moment: families in the order in which they are shown, each with its
// samples. The owner of a number describes it here, and a renderer (prometheus_text, openmetrics_text) turns
// all of them into a text.
// Not thread-safe.

#include <gate/core/clock.hpp>
#include <gate/telemetry/exemplar.hpp>
#include <gate/telemetry/histogram.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gate::telemetry {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

struct label {
    std::string name;
    std::string value;

    label(std::string_view named, std::string_view is) : name(named), value(is) {}
    friend bool operator==(const label&, const label&) = default;
};
using label_list = std::vector<label>;

// Shown as briefly as can be where it is a double (1e+06), and in full where it is a whole number.
using metric_value = std::variant<double, std::uint64_t, std::int64_t, histogram_totals>;

// A request that a bucket counts, for who wants to look at its trace.
struct shown_exemplar {
    std::size_t bucket;  // of histogram_totals::buckets
    trace_id_text trace_id;
    std::chrono::nanoseconds value;
    core::wall_clock::time_point at;
};

struct metric_sample {
    label_list labels;
    metric_value value;
    std::vector<shown_exemplar> exemplars{};  // of a histogram: at most one for each bucket, in their order
};

struct metric_family {
    metric_type type;
    std::string name;
    std::string help;
    std::vector<metric_sample> samples{};

    metric_family& add(label_list labels, metric_value value, std::vector<shown_exemplar> exemplars = {}) {
        samples.push_back({std::move(labels), value, std::move(exemplars)});
        return *this;
    }
};

class metrics_snapshot {
public:
    // A new family, or the one of that name: its samples may come from several owners, and the first help
    // text counts. Throws std::logic_error if it has another type. The reference is valid until the next
    // family is added.
    metric_family& family(metric_type type, std::string_view name, std::string_view help);
    metric_family& counter(std::string_view name, std::string_view help) {
        return family(metric_type::counter, name, help);
    }
    metric_family& gauge(std::string_view name, std::string_view help) {
        return family(metric_type::gauge, name, help);
    }

    // Appends the families of `other`, in the order of their names.
    void append_sorted(metrics_snapshot other);

    const std::vector<metric_family>& families() const noexcept { return families_; }

    // The sample of a family; null: there is no such sample.
    const metric_value* find(std::string_view name, const label_list& labels) const noexcept;

private:
    std::vector<metric_family> families_;
};

}  // namespace gate::telemetry
