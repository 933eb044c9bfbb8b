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

std::string number(std::uint64_t value) {
    return std::to_string(value);
}
std::string number(std::int64_t value) {
    return std::to_string(value);
}

class writer {
public:
    explicit writer(std::string& out) : out_(out) {}

    void family(const metric_family& one) {
        out_.append("# HELP ").append(one.name).append(" ");
        append_escaped(out_, one.help, false);
        out_.append("\n# TYPE ").append(one.name).append(" ");
        out_.append(type_names[static_cast<std::size_t>(one.type)]) += '\n';
        for (const auto& sample : one.samples)
            std::visit([&](const auto& value) { write(one.name, sample.labels, value); }, sample.value);
    }

private:
    template <class Number>
    void write(std::string_view name, const label_list& labels, Number value) {
        line(name, {}, labels, {}, number(value));
    }

    void write(std::string_view name, const label_list& labels, const histogram_totals& totals) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < bucket_bounds.size(); ++i) {
            below += totals.buckets[i];
            line(name, "_bucket", labels, bucket_bounds[i].text, number(below));
        }
        const auto count = number(totals.count());
        line(name, "_bucket", labels, "+Inf", count);
        line(name, "_sum", labels, {}, number(static_cast<double>(totals.nanoseconds) / 1e9));
        line(name, "_count", labels, {}, count);
    }

    void line(std::string_view name, std::string_view suffix, const label_list& labels, std::string_view le,
              std::string_view value) {
        out_.append(name).append(suffix);
        bool first = true;
        for (const auto& one : labels) append_label(one.name, one.value, std::exchange(first, false));
        if (!le.empty()) append_label("le", le, std::exchange(first, false));
        if (!first) out_ += '}';
        out_.append(" ").append(value) += '\n';
    }

    void append_label(std::string_view name, std::string_view value, bool first) {
        out_ += first ? '{' : ',';
        out_.append(name).append("=\"");
        append_escaped(out_, value, true);
        out_ += '"';
    }

    std::string& out_;
};

}  // namespace

std::string prometheus_text(const metrics_snapshot& all) {
    std::string out;
    writer to(out);
    for (const auto& each : all.families()) to.family(each);
    return out;
}

}  // namespace gate::telemetry
