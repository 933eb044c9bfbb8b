#include <gate/telemetry/exposition.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace gate::telemetry {
namespace {

constexpr std::array<std::string_view, 3> type_names{"counter", "gauge", "histogram"};

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '"': out += quotes ? "\\\"" : "\""; break;
            default: out += c;
        }
    }
}

}  // namespace

void exposition::family(metric_type type, std::string_view name, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ");
    append_escaped(text_, help, false);
    text_.append("\n# TYPE ").append(name).append(" ").append(type_names[static_cast<std::size_t>(type)]);
    text_ += '\n';
}

void exposition::sample(label_span labels, double value) {
    sample_text({}, labels, {}, number(value));
}

void exposition::sample(std::initializer_list<label> labels, const histogram_totals& totals) {
    const label_span given(labels.begin(), labels.size());
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bucket_bounds.size(); ++i) {
        below += totals.buckets[i];
        sample_text("_bucket", given, bucket_bounds[i].text, std::to_string(below));
    }
    const auto count = std::to_string(totals.count());
    sample_text("_bucket", given, "+Inf", count);
    sample_text("_sum", given, {}, number(static_cast<double>(totals.nanoseconds) / 1e9));
    sample_text("_count", given, {}, count);
}

void exposition::sample_text(std::string_view suffix, label_span labels, std::string_view le,
                             std::string_view value) {
    text_.append(name_).append(suffix);
    bool first = true;
    for (const auto& one : labels) append_label(one, std::exchange(first, false));
    if (!le.empty()) append_label({"le", le}, std::exchange(first, false));
    if (!first) text_ += '}';
    text_.append(" ").append(value) += '\n';
}

void exposition::append_label(const label& one, bool first) {
    text_ += first ? '{' : ',';
    text_.append(one.first).append("=\"");
    append_escaped(text_, one.second, true);
    text_ += '"';
}

}  // namespace gate::telemetry
