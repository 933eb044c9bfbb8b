// Holds config/gate-sidecar.yaml against the code.
#include "config_support.hpp"

#include <gate/config/options.hpp>
#include <gate/config/yaml_tree.hpp>

#include <algorithm>
#include <catch.hpp>
#include <iterator>
#include <set>

using namespace gate::config;
using namespace config_test;

namespace {

std::string reference() {
    std::ifstream in(GATE_REFERENCE_FILE);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// With comments that go over several lines joined to one.
std::string unwrapped(std::string text) {
    for (const std::string_view wrap : {"\n# ", "\n  # ", "\n    # "}) {
        for (auto at = text.find(wrap); at != std::string::npos; at = text.find(wrap, at + 1)) {
            const auto line = text.rfind('\n', at - 1) + 1;
            if (text.find_first_not_of(' ', line) == text.find('#', line)) text.replace(at, wrap.size(), " ");
        }
    }
    return text;
}

void collect_keys(const node& tree, const std::string& prefix, std::set<std::string>& into) {
    for (const node& entry : tree.children) {
        if (entry.kind == node::kind_t::map) {  // a section
            collect_keys(entry, prefix + entry.key + ".", into);
        } else {
            into.insert(prefix + entry.key);
        }
    }
}

std::set<std::string> keys_of(const std::string& text) {
    problem_list problems("f");
    std::set<std::string> out;
    collect_keys(read_tree(text, problems), "", out);
    return out;
}

}  // namespace

TEST_CASE("the reference file loads to the defaults") {
    auto input = with();
    input.file = GATE_REFERENCE_FILE;
    const auto got = load(input);
    CHECK(shown(got) == "");
    CHECK(got.value == config{});
}

TEST_CASE("the reference file has every option and nothing else") {
    std::set<std::string> expected;
    for (const option& o : all_options()) expected.insert(std::string(o.path));
    CHECK(keys_of(reference()) == expected);
}

TEST_CASE("the reference file tells what each option means, what may be written, and when it applies") {
    const auto text = unwrapped(reference());
    for (const option& o : all_options()) {
        const auto depth = static_cast<std::size_t>(std::count(o.path.begin(), o.path.end(), '.'));
        const std::string indent(2 * depth, ' ');
        const std::string when = o.applies == change::restart ? "; needs a restart" : "";
        const auto lines = indent + "# " + std::string(o.doc) + " [" + range_of(o) + when + "]\n" + indent +
                           std::string(o.name()) + ": ";
        INFO(lines);
        CHECK(text.find(lines) != std::string::npos);
    }
}
