#pragma once
// The forms of the verify call that Gate's documents show, and a token to try them with.

#include <array>
#include <string>

namespace gate::app {

// Formed like those that Gate issues; the time in it is long before there was one.
inline constexpr const char* impossible_token = "agt_00000000000000000000000000";

struct call_form {
    std::string path;
    std::string field;
    bool operator==(const call_form&) const = default;
};

inline const std::array<call_form, 2> documented_forms{
    {{"/v1/gate/agent-tokens/verify", "agent_token"}, {"/gate/agent-tokens/verify", "token"}}};

}  // namespace gate::app
