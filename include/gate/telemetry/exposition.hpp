#pragma once
// Writes the Prometheus text format, version 0.0.4. Not thread-safe.

#include <gate/telemetry/histogram.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::telemetry {

using label = std::pair<std::string_view, std::string_view>;
using label_span = std::span<const label>;

enum class metric_type : std::uint8_t { counter, gauge, histogram };

class exposition {
public:
    // Starts a family: its HELP and TYPE lines. The samples that follow belong to it, so its name is kept.
    void family(metric_type type, std::string_view name, std::string_view help);

    void sample(label_span labels, double value);
    template <std::integral Number>
    void sample(label_span labels, Number value) {
        sample_text({}, labels, {}, std::to_string(value));
    }
    template <class Number>
    void sample(std::initializer_list<label> labels, Number value) {
        sample(label_span(labels.begin(), labels.size()), value);
    }

    // The cumulative buckets, the sum in seconds and the count.
    void sample(std::initializer_list<label> labels, const histogram_totals& totals);

    std::string take() { return std::move(text_); }

private:
    void sample_text(std::string_view suffix, label_span labels, std::string_view le, std::string_view value);
    void append_label(const label& one, bool first);

    std::string text_;
    std::string name_;
};

}  // namespace gate::telemetry
