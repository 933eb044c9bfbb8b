#include <gate/core/utf8.hpp>

namespace gate::core {

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string repaired_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        out.append(length > 0 ? text.substr(0, length) : "\xEF\xBF\xBD");
        text.remove_prefix(length > 0 ? length : 1);
    }
    return out;
}

}  // namespace gate::core
