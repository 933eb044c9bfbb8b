#include "chars.hpp"

#include <gate/http/accept.hpp>

#include <array>
#include <optional>

namespace gate::http {
namespace {

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

// A type that we can send.
struct offer {
    std::string_view type;
    std::string_view subtype;
    std::string_view version{};  // of its format: a range that names another one does not mean it; empty: any
    acceptance by{};
};

// The first is what is sent unless the other one is preferred.
using offers = std::array<offer, 2>;

bool prefers_second(const offers& all) noexcept {
    const auto& [usual, other] = all;
    if (other.by.quality == 0) return false;
    if (other.by.quality != usual.by.quality) return other.by.quality > usual.by.quality;
    return other.by.specificity > usual.by.specificity;
}

// Reads the elements of a list of media ranges. A function that finds something else than it looks for
// returns an empty text, false or nothing.
class range_reader {
public:
    explicit range_reader(std::string_view value) noexcept : rest_(value) {}

    bool read_into(offers& out) noexcept {
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

    // What stands between the quotes; nothing: they do not end, or there are none.
    std::optional<std::string_view> take_quoted() noexcept {
        if (!take('"')) return {};
        const auto begin = rest_;
        while (!rest_.empty()) {
            if (take('"')) return begin.substr(0, begin.size() - rest_.size() - 1);
            if (take('\\') && rest_.empty()) return {};
            rest_.remove_prefix(1);
        }
        return {};
    }

    bool read_range(offers& out) noexcept {
        const auto type = take_token();
        if (type.empty() || !take('/')) return false;
        const auto subtype = take_token();
        if (subtype.empty() || (type == "*" && subtype != "*")) return false;
        const auto said = read_parameters();
        if (!said) return false;
        for (auto& each : out) {
            const bool is_named = core::iequals(subtype, each.subtype);
            if (type == "*") {
                each.by.take(0, said->quality);
            } else if (!core::iequals(type, each.type)) {
                continue;
            } else if (subtype == "*") {
                each.by.take(1, said->quality);
            } else if (is_named && is_meant(each.version, said->version)) {
                each.by.take(2, said->quality);
            }
        }
        return true;
    }

    static bool is_meant(std::string_view offered, std::string_view asked_for) noexcept {
        return offered.empty() || asked_for.empty() || offered == asked_for;
    }

    struct parameters {
        int quality = 1000;
        std::string_view version{};
    };

    // Nothing: malformed.
    std::optional<parameters> read_parameters() noexcept {
        parameters out;
        for (bool has_quality = false;;) {
            skip_blanks();
            if (!take(';')) return out;
            skip_blanks();
            const auto name = take_token();
            if (name.empty()) continue;  // RFC 9110 5.6.6: a parameter may be empty
            if (!core::iequals(name, "q")) {
                const auto value = take_value();
                if (!value) return {};
                if (core::iequals(name, "version")) out.version = *value;
                continue;
            }
            if (has_quality || !take('=')) return {};
            const auto quality = quality_of(take_token());
            if (!quality) return {};
            out.quality = *quality;
            has_quality = true;
        }
    }

    // Of a parameter; empty where it has none.
    std::optional<std::string_view> take_value() noexcept {
        if (!take('=')) return std::string_view();
        const auto token = take_token();
        return token.empty() ? take_quoted() : token;
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
    offers all{{{"application", "json"}, {"application", "problem+json"}}};
    for (const auto& field : head.fields) {
        if (field.id != field_id::other || !core::iequals(field.name, "accept")) continue;
        if (!range_reader(field.value).read_into(all)) return false;
    }
    return prefers_second(all);
}

bool prefers_openmetrics(std::string_view accept) noexcept {
    offers all{{{"text", "plain", "0.0.4"}, {"application", "openmetrics-text", "1.0.0"}}};
    return range_reader(accept).read_into(all) && prefers_second(all);
}

}  // namespace gate::http
