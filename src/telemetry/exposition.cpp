#include <gate/telemetry/exposition.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace gate::telemetry {
namespace {

enum class dialect : std::uint8_t { prometheus, openmetrics };

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

constexpr std::string_view total_suffix = "_total";

// OpenMetrics wants the bounds of buckets written as decimal fractions.
std::string bound_text(std::string_view text, dialect as) {
    std::string out(text);
    const bool is_whole = text.find_first_of(".e") == text.npos;
    if (as == dialect::openmetrics && is_whole) out += ".0";
    return out;
}

double seconds(std::chrono::nanoseconds span) {
    return std::chrono::duration<double>(span).count();
}

class writer {
public:
    writer(std::string& out, dialect as) : out_(out), dialect_(as) {}

    void family(const metric_family& one) {
        auto name = std::string_view(one.name);
        auto type = type_names[static_cast<std::size_t>(one.type)];
        if (dialect_ == dialect::openmetrics && one.type == metric_type::counter) {
            if (name.ends_with(total_suffix))
                name.remove_suffix(total_suffix.size());
            else
                type = "unknown";
        }
        out_.append("# HELP ").append(name).append(" ");
        append_escaped(out_, one.help, dialect_ == dialect::openmetrics);
        out_.append("\n# TYPE ").append(name).append(" ").append(type) += '\n';
        for (const auto& sample : one.samples)
            std::visit([&](const auto& value) { write(one.name, sample, value); }, sample.value);
    }

private:
    template <class Number>
    void write(std::string_view name, const metric_sample& of, Number value) {
        begin_line(name, {}, of.labels, {}, number(value));
        out_ += '\n';
    }

    void write(std::string_view name, const metric_sample& of, const histogram_totals& totals) {
        std::uint64_t below = 0;
        auto next = of.exemplars.begin();
        for (std::size_t i = 0; i < totals.buckets.size(); ++i) {
            below += totals.buckets[i];
            const bool is_last = i == totals.scale->size();
            const auto bound = is_last ? std::string("+Inf") : bound_text((*totals.scale)[i].text, dialect_);
            begin_line(name, "_bucket", of.labels, bound, number(below));
            if (next != of.exemplars.end() && next->bucket == i) append_exemplar(*next++);
            out_ += '\n';
        }
        begin_line(name, "_sum", of.labels, {}, number(static_cast<double>(totals.nanoseconds) / 1e9));
        out_ += '\n';
        begin_line(name, "_count", of.labels, {}, number(below));
        out_ += '\n';
    }

    void begin_line(std::string_view name, std::string_view suffix, const label_list& labels,
                    std::string_view le, std::string_view value) {
        out_.append(name).append(suffix);
        bool first = true;
        for (const auto& one : labels) append_label(one.name, one.value, std::exchange(first, false));
        if (!le.empty()) append_label("le", le, std::exchange(first, false));
        if (!first) out_ += '}';
        out_.append(" ").append(value);
    }

    void append_exemplar(const shown_exemplar& one) {
        if (dialect_ != dialect::openmetrics) return;
        out_.append(" # ");
        append_label("trace_id", {one.trace_id.data(), one.trace_id.size()}, true);
        const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(one.at.time_since_epoch());
        out_.append("} ").append(number(seconds(one.value))).append(" ");
        const auto millisecond = std::to_string(at.count() % 1000);
        out_.append(number(std::int64_t{at.count() / 1000})).append(".");
        out_.append(3 - millisecond.size(), '0').append(millisecond);
    }

    void append_label(std::string_view name, std::string_view value, bool first) {
        out_ += first ? '{' : ',';
        out_.append(name).append("=\"");
        append_escaped(out_, value, true);
        out_ += '"';
    }

    std::string& out_;
    dialect dialect_;
};

std::string text_of(const metrics_snapshot& all, dialect as) {
    std::string out;
    writer to(out, as);
    for (const auto& each : all.families()) to.family(each);
    return out;
}

}  // namespace

std::string prometheus_text(const metrics_snapshot& all) {
    return text_of(all, dialect::prometheus);
}

std::string openmetrics_text(const metrics_snapshot& all) {
    return text_of(all, dialect::openmetrics) + "# EOF\n";
}

}  // namespace gate::telemetry
