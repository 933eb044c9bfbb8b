#include <gate/client/response.hpp>

namespace gate::client {
namespace {

boost::beast::string_view beast_view(std::string_view text) {
    return {text.data(), text.size()};
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

std::string_view response::field(std::string_view name) const {
    return view(head[beast_view(name)]);
}

std::string response::joined(std::string_view name) const {
    std::string out;
    const auto [begin, end] = head.equal_range(beast_view(name));
    for (auto each = begin; each != end; ++each) {
        if (!out.empty()) out.append(", ");
        out.append(view(each->value()));
    }
    return out;
}

}  // namespace gate::client
