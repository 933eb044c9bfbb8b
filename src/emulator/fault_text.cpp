#include <gate/emulator/fault_text.hpp>
#include <gate/emulator/time_text.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace gate::emulator {
namespace {

using setter = bool (*)(fault& rule, std::string_view value);

bool set_duration(core::duration& out, std::string_view value) {
    const auto span = parse_duration(value);
    if (span) out = *span;
    return span.has_value();
}

bool set_status(fault& rule, std::string_view value) {
    const auto status = parse_count(value);
    if (!status || *status < 200 || *status > 599) return false;
    rule.action = fault_action::status;
    rule.status = static_cast<unsigned>(*status);
    return true;
}

bool set_retry_after(fault& rule, std::string_view value) {
    const auto seconds = parse_count(value);
    if (!seconds || *seconds > 86'400) return false;
    rule.retry_after = std::chrono::seconds(*seconds);
    return true;
}

bool set_malformed(fault& rule, std::string_view value) {
    const auto kind = parse_malformed(value);
    if (!kind) return false;
    rule.action = fault_action::malformed;
    rule.malformed = *kind;
    return true;
}

template <fault_action Action>
bool set_flag(fault& rule, std::string_view value) {
    if (!value.empty() && value != "true") return false;
    rule.action = Action;
    return true;
}

bool set_raw(fault& rule, std::string_view value) {
    auto bytes = parse_base64(value);
    if (!bytes) return false;
    rule.action = fault_action::raw;
    rule.raw = std::move(*bytes);
    return true;
}

bool set_probability(fault& rule, std::string_view value) {
    const auto probability = parse_probability(value);
    if (probability) rule.probability = *probability;
    return probability.has_value();
}

bool set_count(fault& rule, std::string_view value) {
    rule.count = parse_count(value);
    return rule.count.has_value();
}

bool set_path(fault& rule, std::string_view value) {
    rule.on_verify = value != "revoke";
    rule.on_revoke = value != "verify";
    return value == "verify" || value == "revoke" || value == "both";
}

struct key {
    std::string_view name;
    setter set;
    std::string_view expected;
    bool is_answer;
};
const std::array<key, 12> keys{{
    {"latency", [](fault& r, std::string_view v) { return set_duration(r.latency, v); }, "a duration: 50ms",
     false},
    {"jitter", [](fault& r, std::string_view v) { return set_duration(r.jitter, v); }, "a duration: 50ms",
     false},
    {"slow_bytes", [](fault& r, std::string_view v) { return set_duration(r.slow_bytes, v); },
     "a duration: 5ms", false},
    {"status", set_status, "a number from 200 to 599", true},
    {"retry_after", set_retry_after, "seconds, at most 86400", false},
    {"malformed", set_malformed, "a kind of broken answer", true},
    {"hang", set_flag<fault_action::hang>, "true", true},
    {"reset", set_flag<fault_action::reset>, "true", true},
    {"close", set_flag<fault_action::close>, "true", true},
    {"raw", set_raw, "base64", true},
    {"probability", set_probability, "a number from 0 to 1", false},
    {"count", set_count, "a number of calls", false},
}};
constexpr key path_key{"path", set_path, "verify, revoke or both", false};

const key* find_key(std::string_view name) {
    if (name == path_key.name) return &path_key;
    for (const key& known : keys)
        if (known.name == name) return &known;
    return nullptr;
}

std::optional<problem> apply(fault& rule, std::string_view name, std::string_view value) {
    const key* const known = find_key(name);
    if (known == nullptr) return problem{"unknown fault setting '" + std::string(name) + "'"};
    if (known->is_answer && rule.replaces_answer())
        return problem{"one fault rule can have only one of status, malformed, hang, reset, close and raw"};
    if (known->set(rule, value)) return std::nullopt;
    const std::string hint = name == "malformed" ? malformed_names() : std::string(known->expected);
    return problem{"fault setting '" + std::string(name) + "' needs " + hint};
}

std::optional<problem> check(const fault& rule) {
    if (rule.retry_after && rule.action != fault_action::status)
        return problem{"fault setting 'retry_after' goes with 'status'"};
    return std::nullopt;
}

// A JSON scalar in the spelling of the command line.
std::optional<std::string> scalar_text(const json_value& value) {
    if (value.IsString()) return std::string(value.GetString(), value.GetStringLength());
    if (value.IsTrue()) return "true";
    if (!value.IsNumber()) return std::nullopt;
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    value.Accept(out);
    return text_of(buffer);
}

parsed<fault> parse_object(const json_value& object) {
    fault rule;
    if (!object.IsObject()) return problem{"a fault rule is a JSON object"};
    for (const auto& member : object.GetObject()) {
        const std::string_view name(member.name.GetString(), member.name.GetStringLength());
        if (member.value.IsNull() || member.value.IsFalse()) continue;  // as good as absent
        const auto value = scalar_text(member.value);
        if (!value) return problem{"fault setting '" + std::string(name) + "' has a value of the wrong type"};
        if (auto wrong = apply(rule, name, *value)) return std::move(*wrong);
    }
    if (auto wrong = check(rule)) return std::move(*wrong);
    return rule;
}

std::string base64(const std::string& bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

void write_action(json_writer& out, const fault& rule) {
    const auto flag = [&](const char* name) {
        out.Key(name);
        out.Bool(true);
    };
    switch (rule.action) {
        case fault_action::none: return;
        case fault_action::hang: return flag("hang");
        case fault_action::reset: return flag("reset");
        case fault_action::close: return flag("close");
        case fault_action::malformed: return write(out, "malformed", to_string(rule.malformed));
        case fault_action::raw: return write(out, "raw", base64(rule.raw));
        case fault_action::status:
            out.Key("status");
            out.Uint(rule.status);
            if (!rule.retry_after) return;
            out.Key("retry_after");
            out.Int64(rule.retry_after->count());
    }
}

void write_rule(json_writer& out, const fault& rule) {
    out.StartObject();
    write_action(out, rule);
    if (rule.latency.count() != 0) write(out, "latency", duration_text(rule.latency));
    if (rule.jitter.count() != 0) write(out, "jitter", duration_text(rule.jitter));
    if (rule.slow_bytes.count() != 0) write(out, "slow_bytes", duration_text(rule.slow_bytes));
    if (rule.probability < 1) {
        out.Key("probability");
        out.Double(rule.probability);
    }
    if (rule.count) {
        out.Key("count");
        out.Uint64(*rule.count);
    }
    const char* const one_path = rule.on_verify ? "verify" : "revoke";
    write(out, "path", rule.on_verify && rule.on_revoke ? "both" : one_path);
    out.EndObject();
}

}  // namespace

parsed<fault> parse_fault(std::string_view text) {
    fault rule;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        const std::string_view name = item.substr(0, item.find('='));
        const std::string_view value = item.substr(std::min(item.size(), name.size() + 1));
        if (auto wrong = apply(rule, name, value)) return std::move(*wrong);
    }
    if (auto wrong = check(rule)) return std::move(*wrong);
    return rule;
}

parsed<std::vector<fault>> parse_faults(const json_value& document) {
    std::vector<fault> rules;
    const auto add = [&](const json_value& object) -> std::optional<problem> {
        auto rule = parse_object(object);
        if (!rule) return rule.error();
        rules.push_back(std::move(*rule));
        return std::nullopt;
    };
    if (!document.IsArray()) {
        if (auto wrong = add(document)) return std::move(*wrong);
        return rules;
    }
    for (const json_value& object : document.GetArray())
        if (auto wrong = add(object)) return std::move(*wrong);
    return rules;
}

std::string faults_json(const std::vector<fault>& rules) {
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartArray();
    for (const fault& rule : rules) write_rule(out, rule);
    out.EndArray();
    return text_of(buffer);
}

}  // namespace gate::emulator
