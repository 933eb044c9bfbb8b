#include <gate/app/certificates.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace gate::app {
namespace {

std::chrono::sys_seconds this_second() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

tls_reading certificates::read(const config::loaded& of, const std::string& file) const {
    auto out = read_tls_contents(of, file, in_force_.get());
    if (!out.found) return out;
    if (*out.found == *in_force_) out.found = in_force_;
    if (auto bad = why_not_to_replace(*in_force_, *out.found, this_second()); !bad.empty()) {
        out.found = nullptr;
        out.problems.push_back({file, std::move(bad), {}});
    }
    return out;
}

void certificates::begin_with(contents first) {
    put_in_force(std::move(first));
}

void certificates::take(contents next) {
    problem_.clear();
    if (next != in_force_ || !all_certificates(*next).empty()) record_.note_success();
    if (next != in_force_) put_in_force(std::move(next));
}

void certificates::put_in_force(contents next) {
    in_force_ = std::move(next);
    look_at_dates();
    const core::lock_guard lock(mutex_);
    shown_ = in_force_;
}

void certificates::fail(const std::vector<config::problem>& problems, std::uint64_t generation) {
    std::string all;
    for (const auto& each : problems) all += (all.empty() ? "" : "; ") + to_string(each);
    problem_ = "the certificates were not reloaded, and the last good ones stay in force: " + all;
    record_.note_failure();
    events_.error("the certificates were not reloaded: the last good ones stay in force",
                  {{"problems", all}, {"gate.config_generation", generation}});
}

std::chrono::seconds certificates::look_at_dates() {
    return dates_.look(*in_force_, this_second());
}

certificates::contents certificates::shown() const {
    const core::lock_guard lock(mutex_);
    return shown_;
}

void certificates::collect(telemetry::metrics_snapshot& into) const {
    record_.collect(into);
    const auto now_shown = shown();
    using labels = std::tuple<std::string_view, std::string_view, std::string_view>;
    std::map<labels, std::int64_t> earliest;
    for (const auto& [use, certificate] : all_certificates(*now_shown)) {
        const auto seconds = certificate->not_after.time_since_epoch().count();
        const auto [at, is_first] =
            earliest.try_emplace({use, certificate->first_name, to_string(certificate->kind)}, seconds);
        if (!is_first) at->second = std::min(at->second, static_cast<std::int64_t>(seconds));
    }
    if (earliest.empty()) return;
    auto& family =
        into.gauge("tls_certificate_not_after_seconds",
                   "When a certificate in use expires, in seconds since 1970; the earliest of those "
                   "with the same labels.");
    for (const auto& [of, seconds] : earliest)
        family.add({{"use", std::get<0>(of)}, {"certificate", std::get<1>(of)}, {"key", std::get<2>(of)}},
                   seconds);
}

}  // namespace gate::app
