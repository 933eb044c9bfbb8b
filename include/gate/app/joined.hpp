#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

// "a; b", with "; " between them.
inline std::string joined(const std::vector<std::string>& texts, std::string_view between) {
    std::string out;
    for (const auto& each : texts) {
        if (!out.empty()) out += between;
        out += each;
    }
    return out;
}

}  // namespace gate::app
