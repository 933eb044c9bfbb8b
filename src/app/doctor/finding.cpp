#include <gate/app/doctor/finding.hpp>

#include <algorithm>
#include <iterator>

namespace gate::app::doctor {

std::string_view to_string(state what) noexcept {
    switch (what) {
        case state::pass: return "pass";
        case state::warn: return "warn";
        case state::fail: return "fail";
        case state::skipped: return "skipped";
    }
    return "fail";
}

std::size_t count(const findings& all, state what) noexcept {
    return static_cast<std::size_t>(std::ranges::count(all, what, &finding::is));
}

void append(findings& to, findings more) {
    std::ranges::move(more, std::back_inserter(to));
}

}  // namespace gate::app::doctor
