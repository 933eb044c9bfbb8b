#include <gate/client/response.hpp>

namespace gate::client {

std::string_view response::field(std::string_view name) const {
    return head[name];
}

std::string response::joined(std::string_view name) const {
    std::string out;
    const auto [begin, end] = head.equal_range(name);
    for (auto each = begin; each != end; ++each) {
        if (!out.empty()) out.append(", ");
        out.append(std::string_view(each->value()));
    }
    return out;
}

}  // namespace gate::client
