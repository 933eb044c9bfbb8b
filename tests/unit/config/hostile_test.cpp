// Files that were made to hurt: each must be answered with a problem, soon, and without a crash.
#include "config_support.hpp"

#include <gate/config/yaml_tree.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

namespace {

constexpr std::size_t large = most_file_bytes;

std::string repeated(std::string_view what, std::size_t bytes = large) {
    std::string out;
    out.reserve(bytes);
    while (out.size() + what.size() <= bytes) out += what;
    return out;
}

std::string billion_laughs() {
    std::string out = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        out += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int n = 0; n < 10; ++n) out += before + ", ";
        out += "]\n";
    }
    return out;
}

std::string many_keys() {
    std::string out;
    for (int i = 0; out.size() < large - 16; ++i) out += "k" + std::to_string(i) + ": 1\n";
    return out;
}

}  // namespace

TEST_CASE("a hostile file is refused") {
    const auto [name, text] = GENERATE(table<std::string, std::string>({
        {"deep lists", repeated("[")},
        {"deep maps", repeated("{")},
        {"deep maps with keys", repeated("{a: ")},
        {"deep block lists", repeated("- ")},
        {"deep block maps", repeated("? ")},
        {"closing brackets", repeated("]")},
        {"key after key on a line", repeated("a: ")},
        {"colons", repeated(":")},
        {"anchors", repeated("&a ")},
        {"tags", repeated("! ")},
        {"percent signs", repeated("%")},
        {"documents", repeated("---\n")},
        {"an endless string", "a: \"" + repeated("x", large - 4)},
        {"an endless key", repeated("x")},
        {"an endless block scalar", "workers: |\n" + repeated(" x\n", large - 16)},
        {"aliases of aliases", billion_laughs()},
        {"many keys", many_keys()},
        {"many items", "auth:\n  public_paths: [" + repeated("/a,", large - 64) + "]\n"},
        {"too large", repeated("#", large + 1)},
    }));
    INFO(name);
    const auto got = load_yaml(text);
    CHECK_FALSE(got.ok());
    CHECK(got.problems.size() <= problem_list::most + 1);
    for (const problem& p : got.problems) CHECK(to_string(p).size() < 300);
}

TEST_CASE("an alias is refused and never expanded") {
    const auto got = load_yaml(billion_laughs());
    REQUIRE(got.problems.size() == problem_list::most + 1);
    CHECK(to_string(got.problems[0]) == "c.yaml:1:1: unknown key 'a0'");
    CHECK(to_string(got.problems[1]) == "c.yaml:1:5: anchors (&name) are not supported: write the value out");
}

TEST_CASE("eight levels of nesting can be read, nine cannot") {
    problem_list problems("f");
    read_tree("[[[[[[[[1]]]]]]]]", problems);
    CHECK(problems.take().empty());
    read_tree("[[[[[[[[[1]]]]]]]]]", problems);
    const auto all = problems.take();
    REQUIRE(all.size() == 1);
    CHECK(to_string(all[0]) == "f:1:9: is nested too deeply");
}
