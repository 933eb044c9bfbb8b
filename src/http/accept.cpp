#include "chars.hpp"

#include <gate/http/accept.hpp>

#include <optional>

namespace gate::http {
namespace {

constexpr std::string_view json = "json";
constexpr std::string_view problem = "problem+json";

// How well a list of ranges accepts one type.
struct acceptance {
    int quality = 0;       // in thousandths; 0: not acceptable
    int specificity = -1;  // of the range that says so: 0 is */*, 2 names the type; -1: no range matches

    void take(int other_specificity, int other_quality) noexcept {
        if (other_specificity < specificity) return;
        if (other_specificity == specificity && other_quality < quality) return;
        specificity = other_specificity;
        quality = other_quality;
    }
};

struct acceptances {
    acceptance plain;
    acceptance as_problem;
};

// Reads the elements of a list of media ranges. A function that finds something else than it looks for
// returns an empty text, false or nothing.
class range_reader {
public:
    explicit range_reader(std::string_view value) noexcept : rest_(value) {}

    bool read_into(acceptances& out) noexcept {
        while (true) {
            skip_blanks();
            if (rest_.empty()) return true;
            if (take(',')) continue;  // RFC 9110 5.6.1.2: elements may be empty
            if (!read_range(out)) return false;
            skip_blanks();
            if (!rest_.empty() && !take(',')) return false;
        }
    }

private:
    bool take(char c) noexcept {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void skip_blanks() noexcept {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }

    std::string_view take_token() noexcept {
        std::size_t size = 0;
        while (size < rest_.size() && is_token(rest_[size])) ++size;
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }

    bool skip_quoted() noexcept {
        if (!take('"')) return false;
        while (!rest_.empty()) {
            if (take('"')) return true;
            if (take('\\') && rest_.empty()) return false;
            rest_.remove_prefix(1);
        }
        return false;
    }

    bool read_range(acceptances& out) noexcept {
        const auto type = take_token();
        if (type.empty() || !take('/')) return false;
        const auto subtype = take_token();
        if (subtype.empty() || (type == "*" && subtype != "*")) return false;
        const auto quality = read_parameters();
        if (!quality) return false;
        if (type == "*") {
            out.plain.take(0, *quality);
            out.as_problem.take(0, *quality);
        } else if (core::iequals(type, "application")) {
            if (subtype == "*" || core::iequals(subtype, json))
                out.plain.take(subtype == "*" ? 1 : 2, *quality);
            if (subtype == "*" || core::iequals(subtype, problem))
                out.as_problem.take(subtype == "*" ? 1 : 2, *quality);
        }
        return true;
    }

    // The quality; nothing: malformed.
    std::optional<int> read_parameters() noexcept {
        std::optional<int> quality;
        while (true) {
            skip_blanks();
            if (!take(';')) return quality.value_or(1000);
            skip_blanks();
            const auto name = take_token();
            if (name.empty()) continue;  // RFC 9110 5.6.6: a parameter may be empty
            if (!core::iequals(name, "q")) {
                if (take('=') && take_token().empty() && !skip_quoted()) return {};
                continue;
            }
            if (quality || !take('=')) return {};
            quality = quality_of(take_token());
            if (!quality) return {};
        }
    }

    // RFC 9110 12.4.2: "0" or "1", and up to three decimals.
    static std::optional<int> quality_of(std::string_view text) noexcept {
        if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return {};
        if (text.size() > 1 && text[1] != '.') return {};
        int out = (text[0] - '0') * 1000;
        int unit = 100;
        for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
            if (!is_digit(text[i])) return {};
            out += (text[i] - '0') * unit;
        }
        if (out > 1000) return {};
        return out;
    }

    std::string_view rest_;
};

}  // namespace

bool prefers_problem(const request_head& head) noexcept {
    acceptances all;
    for (const auto& field : head.fields) {
        if (field.id != field_id::other || !core::iequals(field.name, "accept")) continue;
        if (!range_reader(field.value).read_into(all)) return false;
    }
    const auto& [plain, as_problem] = all;
    if (as_problem.quality == 0) return false;
    if (as_problem.quality != plain.quality) return as_problem.quality > plain.quality;
    return as_problem.specificity > plain.specificity;
}

}  // namespace gate::http
