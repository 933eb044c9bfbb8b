#pragma once

#include <gate/core/text.hpp>

#include <string>
#include <string_view>

namespace gate::app::doctor {

// ASCII alone.
inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = core::to_lower(c);
    return out;
}

inline std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

}  // namespace gate::app::doctor
