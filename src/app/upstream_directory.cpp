#include <gate/app/upstream_directory.hpp>

#include <algorithm>
#include <utility>

namespace gate::app {
namespace {

// For the first answer of the resolver, so that no request finds an upstream without an address.
constexpr std::chrono::seconds patience_for_names{2};

}  // namespace

upstream_directory::upstream_directory(core::executor control, const config::config& options,
                                       upstream_addresses::reports to)
    : control_(std::move(control)), to_(std::move(to)) {
    entries_ = entries_for(options);
}

void upstream_directory::start() {
    for (const auto& each : entries_) each.at->start();
}

void upstream_directory::stop() {
    for (const auto& each : entries_) each.at->stop();
    forget_replaced();
}

upstream_directory::books upstream_directory::current() const {
    books out;
    for (const auto& each : entries_) out.push_back(each.at->book());
    return out;
}

std::shared_ptr<upstream_addresses> upstream_directory::find(const config::url& target) {
    return std::make_shared<upstream_addresses>(control_, target, to_);
}

upstream_directory::entry upstream_directory::entry_for(const std::string& name, const config::url& target) {
    const auto known = std::ranges::find(entries_, name, &entry::name);
    if (known != entries_.end() && known->at->upstream() == target) return *known;
    return {name, find(target)};
}

std::vector<upstream_directory::entry> upstream_directory::entries_for(const config::config& options) {
    std::vector<entry> out{entry_for({}, options.upstream.target)};
    for (const auto& each : options.upstreams) out.push_back(entry_for(each.name, each.options.target));
    return out;
}

core::task<> upstream_directory::follow(const config::config& next) {
    auto entries = entries_for(next);
    const auto is_in = [](const std::vector<entry>& all, const entry& one) {
        return std::ranges::find(all, one.at, &entry::at) != all.end();
    };
    // Expires when all of them are known. Each that is waited for keeps it.
    const auto waiting = std::make_shared<core::timer>(control_);
    waiting->expires_after(patience_for_names);
    const auto left = std::make_shared<std::size_t>(1);
    const auto one_known = [waiting, left] {
        if (--*left == 0) waiting->expires_at(core::time_point::min());
    };
    for (const auto& each : entries) {
        if (is_in(entries_, each)) continue;
        ++*left;
        each.at->start();
        each.at->when_known(one_known);
    }
    one_known();
    co_await waiting->async_wait(core::use_task);
    for (const auto& each : entries_) {
        if (!is_in(entries, each)) replaced_.push_back(each.at);
    }
    entries_ = std::move(entries);
}

void upstream_directory::forget_replaced() {
    for (const auto& each : std::exchange(replaced_, {})) each->stop();
}

}  // namespace gate::app
