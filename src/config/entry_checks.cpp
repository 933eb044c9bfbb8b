// Rules of `routes` and `upstreams` that need more than one value.
#include <gate/config/draft.hpp>

#include <algorithm>
#include <set>

namespace gate::config {

namespace {

constexpr std::size_t most_names = 100;  // each is a value of a label of metrics

class route_check {
public:
    route_check(std::size_t index, draft& of)
        : path_("routes[" + std::to_string(index) + "]."),
          route_(of.value.routes[index]),
          places_(of.route_places[index]),
          of_(of) {}

    void run() {
        const bool is_known = route_.upstream.empty() ||
                              std::ranges::any_of(of_.value.upstreams, [this](const named_upstream& each) {
                                  return each.name == route_.upstream;
                              });
        if (!is_known) blame("upstream", in_quotes(route_.upstream) + " is not in upstreams");
        if (route_.preflight.value_or(false) && !route_.methods.empty() &&
            std::ranges::find(route_.methods, "OPTIONS") == route_.methods.end())
            blame("preflight", "is for OPTIONS, which is not among the methods");
        for (const auto& each : route_.paths) {
            if (each.size() > of_.value.limits.target_length)
                blame("path", in_quotes(each) + " is longer than limits.target_length and never matches");
        }
    }

private:
    void blame(std::string_view key, const std::string& message) {
        of_.problems.add(places_.of(key), path_ + std::string(key) + ": " + message);
    }

    const std::string path_;
    const route_options& route_;
    const entry_places& places_;
    draft& of_;
};

// The first name too many is the one that is blamed.
void check_number_of_names(draft& of) {
    std::size_t upstreams = of.value.upstreams.size();
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < of.value.routes.size(); ++i) {
        const auto& name = of.value.routes[i].name;
        if (name.empty() || !names.insert(name).second || names.size() + upstreams <= most_names) continue;
        of.problems.add(of.route_places[i].of("name"),
                        "routes[" + std::to_string(i) + "].name: routes and upstreams have more than " +
                            std::to_string(most_names) + " different names: metrics count by each of them");
        return;
    }
}

}  // namespace

void check_entries(draft& of) {
    for (std::size_t i = 0; i < of.value.routes.size(); ++i) route_check(i, of).run();
    check_number_of_names(of);
}

}  // namespace gate::config
