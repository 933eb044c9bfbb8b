#include <gate/auth/fleet_budget.hpp>

#include <algorithm>
#include <functional>

namespace gate::auth {
namespace {

constexpr std::chrono::seconds age_of_word{10};  // of Gate's, about what the store says

}  // namespace

fleet_budget::fleet_budget(const config::budget_options& how)
    : options_(how), calls_(how.window), wasted_(how.window) {}

void fleet_budget::configure(const config::budget_options& how, core::time_point now) {
    if (how.window != options_.window) {
        calls_.change_window(how.window, now);
        wasted_.change_window(how.window, now);
    }
    options_ = how;
}

void fleet_budget::heard(const token_id& token, store_time asked, call_end how, core::time_point now) {
    const auto id = std::hash<std::string_view>{}(token.view()) ^
                    static_cast<std::uint64_t>(asked.time_since_epoch().count()) * 0x9e3779b97f4a7c15U;
    if (!seen_.insert(id).second) return;
    order_.push_back(id);
    if (order_.size() > most_remembered) {
        seen_.erase(order_.front());
        order_.pop_front();
    }
    calls_.add(now);
    if (how != call_end::failed) last_answer_ = std::max(last_answer_, asked);
    const bool failed_beside_others = how == call_end::failed && asked <= last_answer_ + beside;
    if (how == call_end::refused || failed_beside_others) wasted_.add(now);
}

void fleet_budget::told(const gate_figure& figure, core::time_point now) {
    if (figure_ && figure_->asked >= figure.asked) return;
    if (now - figure.asked >= options_.window) return;
    figure_ = figure;
    const auto spent = figure.limit - std::min(figure.limit, figure.remaining);
    of_others_ = spent - std::min(spent, calls_.total(now));
}

fleet_budget::numbers fleet_budget::now_is(core::time_point now) {
    const bool counts = figure_ && now - figure_->asked < options_.window;
    const auto limit = figure_ ? figure_->limit : static_cast<unsigned>(options_.limit);
    const auto others = counts ? std::min(of_others_, limit) : 0;
    const auto scaled = static_cast<double>(options_.unknown) * limit / static_cast<double>(options_.limit);
    numbers out;
    out.budget = std::max(1U, limit - others);
    out.budget_for_waste = std::clamp(static_cast<unsigned>(scaled), 1U, out.budget);
    out.window = std::chrono::ceil<std::chrono::seconds>(options_.window);
    return out;
}

bool fleet_budget::confirms_calls(core::time_point now) {
    if (figure_ && now - figure_->asked <= age_of_word)
        return std::uint64_t{figure_->remaining} * 2 <= figure_->limit;
    return std::uint64_t{calls_.total(now)} * 2 >= now_is(now).budget;
}

bool fleet_budget::confirms_waste(core::time_point now) {
    return std::uint64_t{wasted_.total(now)} * 2 >= now_is(now).budget_for_waste;
}

}  // namespace gate::auth
