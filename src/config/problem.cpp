#include <gate/config/problem.hpp>
#include <gate/core/text.hpp>
#include <gate/core/token_mask.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace gate::config {

namespace {

bool looks_secret(std::string_view text) {
    for (const std::string_view mark : {"sk_live_", "sk_test_", "Bearer "}) {
        if (text.find(mark) != std::string_view::npos) return true;
    }
    return core::holds_token(text);
}

constexpr std::size_t longest_quote = 60;

}  // namespace

std::string to_string(const problem& what) {
    return core::without_tokens(what.where + ": " + what.message);
}

std::string in_quotes(std::string_view text) {
    if (looks_secret(text)) return "(a secret, not shown)";
    return "'" + core::printable_text(text.substr(0, longest_quote)) +
           (text.size() > longest_quote ? "...'" : "'");
}

void problem_list::add(position at, std::string message) {
    std::string where = file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    problems_.push_back({std::move(where), std::move(message), at});
}

void problem_list::add(std::string where, std::string message) {
    problems_.push_back({std::move(where), std::move(message), {}});
}

std::vector<problem> problem_list::take() {
    const auto rank = [](const problem& p) {
        return std::pair(p.at.line == 0 ? std::numeric_limits<unsigned>::max() : p.at.line, p.at.column);
    };
    std::stable_sort(problems_.begin(), problems_.end(),
                     [&](const problem& a, const problem& b) { return rank(a) < rank(b); });
    if (problems_.size() > most) {
        const auto rest = problems_.size() - most;
        problems_.resize(most);
        problems_.push_back({file_, std::to_string(rest) + " more problems are not shown", {}});
    }
    return std::exchange(problems_, {});
}

}  // namespace gate::config
