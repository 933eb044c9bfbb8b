#include <gate/telemetry/labels.hpp>

namespace gate::telemetry {
namespace {

method known(std::string_view name, method candidate) noexcept {
    return name == to_string(candidate) ? candidate : method::other;
}

}  // namespace

method method_of(std::string_view name) noexcept {
    if (name.empty()) return method::other;
    switch (name.front()) {
        case 'G': return known(name, method::get);
        case 'H': return known(name, method::head);
        case 'D': return known(name, method::del);
        case 'O': return known(name, method::options);
        case 'C': return known(name, method::connect);
        case 'T': return known(name, method::trace);
        case 'P':
            if (name == "POST") return method::post;
            return name == "PUT" ? method::put : known(name, method::patch);
        default: return method::other;
    }
}

}  // namespace gate::telemetry
