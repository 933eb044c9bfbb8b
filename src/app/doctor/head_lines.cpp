#include <gate/app/doctor/spoof_section.hpp>

namespace gate::app::doctor {

std::vector<std::pair<std::string, std::string>> lines_of(std::string_view head) {
    std::vector<std::pair<std::string, std::string>> out;
    head = head.substr(0, head.find("\r\n\r\n"));
    auto at = head.find("\r\n");
    while (at != std::string_view::npos) {
        head.remove_prefix(at + 2);
        at = head.find("\r\n");
        const auto line = head.substr(0, at);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto begin = line.find_first_not_of(' ', colon + 1);
        out.emplace_back(line.substr(0, colon),
                         begin == std::string_view::npos ? std::string_view() : line.substr(begin));
    }
    return out;
}

}  // namespace gate::app::doctor
