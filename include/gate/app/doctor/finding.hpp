#pragma once
// What `doctor` says: one finding for each thing that it has looked at. Ids, sections and states are a
// promise to scripts (config/doctor.md); sentences are for people and may change.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::app::doctor {

enum class state : std::uint8_t {
    pass,
    warn,     // it works, and somebody should look at it
    fail,     // it does not work, or it is not safe
    skipped,  // not looked at: the sentence says why
};
std::string_view to_string(state what) noexcept;

struct finding {
    std::string_view id;  // "gate.clock": the section and what was looked at; lives with the program
    state is = state::pass;
    std::string sentence{};  // without a full stop, a token or a key
    std::string fix{};       // one line: what to do; empty: nothing
    std::string subject{};   // which one, where there are several: the name of an upstream; else empty

    // "gate"
    std::string_view section() const noexcept { return id.substr(0, id.find('.')); }
};
using findings = std::vector<finding>;

inline finding passed(std::string_view id, std::string sentence) {
    return {id, state::pass, std::move(sentence)};
}
inline finding warning(std::string_view id, std::string sentence, std::string fix) {
    return {id, state::warn, std::move(sentence), std::move(fix)};
}
inline finding failure(std::string_view id, std::string sentence, std::string fix) {
    return {id, state::fail, std::move(sentence), std::move(fix)};
}
inline finding skipping(std::string_view id, std::string sentence, std::string fix = {}) {
    return {id, state::skipped, std::move(sentence), std::move(fix)};
}

// How many of them are in a state.
std::size_t count(const findings& all, state what) noexcept;

void append(findings& to, findings more);

}  // namespace gate::app::doctor
