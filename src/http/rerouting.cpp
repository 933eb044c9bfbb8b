#include <gate/core/text.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/rerouting.hpp>

#include <algorithm>

namespace gate::http {

bool is_rerouting_name(std::string_view name) noexcept {
    return std::any_of(rerouting_names.begin(), rerouting_names.end(),
                       [name](std::string_view each) { return core::iequals(name, each); });
}

void let_rerouting_pass(request_head& head, std::span<const std::string> names) noexcept {
    if (names.empty() || !head.has(field_id::rerouting)) return;
    for (field& f : head.fields) {
        if (f.id != field_id::rerouting) continue;
        const bool passes = std::any_of(names.begin(), names.end(),
                                        [&](const std::string& name) { return core::iequals(f.name, name); });
        if (!passes) continue;
        f.id = field_id::rerouting_passed;
        head.present |= 1U << static_cast<unsigned>(field_id::rerouting_passed);
    }
}

}  // namespace gate::http
