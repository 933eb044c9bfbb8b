#include <gate/answer/judged_request.hpp>
#include <gate/http/folded_names.hpp>
#include <gate/http/rerouting.hpp>

#include <algorithm>

namespace gate::answer {
namespace {

using http::field_id;

// The name that the field has, or folds to.
std::string_view rerouting_name_of(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(
        http::rerouting_names, [name](std::string_view each) { return http::folds_to(name, each); });
    return found != http::rerouting_names.end() ? *found : name;
}

bool carries_original(std::string_view name, config::original_source from) noexcept {
    return from == config::original_source::x_original &&
           (name == "x-original-uri" || name == "x-original-url");
}

void let_rerouting_count(config::original_source from, http::request_head& head) noexcept {
    for (auto& field : head.fields) {
        if (field.id != field_id::rerouting && field.id != field_id::rerouting_passed) continue;
        field.name = rerouting_name_of(field.name);
        if (carries_original(field.name, from)) continue;
        field.id = field_id::rerouting_passed;
        head.present |= 1U << static_cast<unsigned>(field_id::rerouting_passed);
    }
}

}  // namespace

void make_judged(const http::request_facts& asking, const original_request& original,
                 config::original_source from, http::request_facts& out) {
    out.clear();
    out.head.method_name = original.method_name;
    out.head.verb = original.verb;
    out.head.target = original.target.forwarded;
    out.head.minor = asking.head.minor;
    out.target = original.target;
    out.host = original.host;
    out.framing = asking.framing;
    // Most requests have neither: then no field says more than the original does.
    const bool may_be_preflight = original.verb == http::method::options;
    if (!may_be_preflight && !asking.head.has(field_id::rerouting)) return;
    out.head.fields.assign(asking.head.fields.begin(), asking.head.fields.end());
    out.head.present = asking.head.present;
    let_rerouting_count(from, out.head);
}

}  // namespace gate::answer
