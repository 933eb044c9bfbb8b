// Holds config/gate-sidecar.yaml against the code.
#include "config_support.hpp"

#include <gate/config/options.hpp>
#include <gate/config/route_keys.hpp>
#include <gate/config/yaml_tree.hpp>

#include <algorithm>
#include <catch.hpp>
#include <iterator>
#include <set>
#include <sstream>

using namespace gate::config;
using namespace config_test;

namespace {

std::string reference() {
    std::ifstream in(GATE_REFERENCE_FILE);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// With comments that go over several lines joined to one.
std::string unwrapped(std::string text) {
    for (const std::string_view wrap : {"\n# ", "\n  # ", "\n    # ", "\n      # "}) {
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
    expected.insert("listeners");
    expected.insert("routes");
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

namespace {

// The example in the comment above `key: `, without the marks of the comment.
std::string example_of(const std::string& text, const std::string& key) {
    constexpr std::string_view begin = "# For example:\n", mark = "#   ";
    const auto end = text.find("\n" + key + ": ") + 1;
    REQUIRE(end != 0);
    std::istringstream lines(text.substr(text.rfind(begin, end) + begin.size()));
    std::string out = key + ":\n";
    for (std::string line; std::getline(lines, line) && line.starts_with(mark);)
        out += "  " + line.substr(mark.size()) + "\n";
    return out;
}

std::set<std::string> route_keys_in(const std::string& example) {
    problem_list problems("f");
    std::set<std::string> out;
    const auto tree = read_tree(example, problems);
    for (const node& route : tree.children.at(0).children) collect_keys(route, "", out);
    return out;
}

// What the comment above `routes` describes: "timeouts.response: "
std::set<std::string> described_keys(const std::string& text) {
    std::istringstream lines(text.substr(text.find("\nupstreams: {}\n")));
    std::set<std::string> out;
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        const bool is_key =
            line.starts_with("# ") && colon != std::string::npos &&
            line.substr(2, colon - 2).find_first_not_of("abcdefghijklmnopqrstuvwxyz._") == std::string::npos;
        if (is_key && line.ends_with(']')) out.insert(line.substr(2, colon - 2));
    }
    return out;
}

}  // namespace

TEST_CASE("the reference file describes each key of a route and nothing else") {
    const auto text = unwrapped(reference());
    std::set<std::string> known;
    for (const auto& each : describe_route_keys()) {
        known.insert(each.name);
        const auto line =
            "\n# " + each.name + ": " + std::string(each.doc) + " [" + std::string(each.range) + "]\n";
        INFO(line);
        CHECK(text.find(line) != std::string::npos);
    }
    CHECK(described_keys(text) == known);
    CHECK(route_keys_in(example_of(reference(), "routes")) == known);
}

TEST_CASE("the examples of the reference file load, with every key of an upstream") {
    const auto upstreams = example_of(reference(), "upstreams");
    const auto got = load_yaml(upstreams + example_of(reference(), "routes"));
    CHECK(shown(got) == "");
    CHECK(got.value.routes.size() == 7);
    for (const option& o : all_options()) {
        INFO(o.path);
        if (o.section() == "upstream")
            CHECK(upstreams.find(std::string(o.name()) + ": ") != std::string::npos);
    }
}
