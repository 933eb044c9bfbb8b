#include <gate/answer/question.hpp>

namespace gate::answer {
namespace {

bool is_below(std::string_view path, std::string_view endpoint) noexcept {
    return path.starts_with(endpoint) && (path.size() == endpoint.size() || path[endpoint.size()] == '/');
}

}  // namespace

asked_question read_question(const http::request_target& asking) noexcept {
    constexpr std::string_view access = "/auth";
    constexpr std::string_view refusal = "/refuse";
    if (is_below(asking.path, access)) return {question::access, asking.forwarded.substr(access.size())};
    if (is_below(asking.path, refusal)) return {question::refusal, asking.forwarded.substr(refusal.size())};
    return {};
}

}  // namespace gate::answer
