#include <gate/config/yaml_tree.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::config;

namespace {

// All problems of a text, one a line, without the file's name.
std::string problems_of(std::string_view text) {
    problem_list problems("f");
    read_tree(text, problems);
    std::string out;
    for (const problem& p : problems.take()) out += (out.empty() ? "" : "\n") + to_string(p).substr(2);
    return out;
}

}  // namespace

TEST_CASE("a tree keeps keys, values and their positions") {
    problem_list problems("f");
    const node root = read_tree("# c\na:\n  b: 'x y'\n  c: [1, \"2\"]\nd:\n", problems);
    CHECK(problems.take().empty());
    REQUIRE(root.kind == node::kind_t::map);
    REQUIRE(root.children.size() == 2);
    const node& a = root.children[0];
    CHECK(a.key == "a");
    CHECK(a.key_at == position{2, 1});
    REQUIRE(a.children.size() == 2);
    CHECK(a.children[0].text == "x y");
    CHECK(a.children[0].key_at == position{3, 3});
    CHECK(a.children[0].at == position{3, 6});
    REQUIRE(a.children[1].kind == node::kind_t::sequence);
    CHECK(a.children[1].children[1].text == "2");
    CHECK(a.children[1].children[1].at == position{4, 10});
    CHECK(root.children[1].kind == node::kind_t::null);
}

TEST_CASE("a text without content is null") {
    const std::string text =
        GENERATE("", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~", "\xef\xbb\xbf");
    INFO(text);
    problem_list problems("f");
    CHECK(read_tree(text, problems).kind == node::kind_t::null);
    CHECK(problems.take().empty());
}

TEST_CASE("what a configuration does not need is refused at its place") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"a: 1\nb: 2\na: 3\n", "3:1: duplicate key 'a'"},
        {"s:\n  a: 1\n  'a': 3\n", "3:3: duplicate key 'a'"},
        {"a: 1\n<<: {b: 2}\n", "2:1: merge keys (<<) are not supported: write the values out"},
        {"a: &x 1\n", "1:4: anchors (&name) are not supported: write the value out"},
        {"a: &x [1]\nb: *x\n",
         "1:4: anchors (&name) are not supported: write the value out\n"
         "2:4: aliases (*name) are not supported: write the value out"},
        {"a: !!str 1\n", "1:4: tags (!name) are not supported"},
        {"a: !custom {b: 1}\n", "1:4: tags (!name) are not supported"},
        {"? [a]\n: 1\n", "1:3: keys must be plain words"},
        {"{a: 1}: 2\n", "1:1: keys must be plain words"},
        {"~: 2\n", "1:1: keys must be plain words"},
        {"a: 1\n---\nb: 2\n", "2:1: only one YAML document is accepted"},
        {"a: 1\n...\n---\n", "3:1: only one YAML document is accepted"},
    }));
    INFO(text);
    CHECK(problems_of(text) == expected);
}

TEST_CASE("text that is not YAML is refused at its place") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"a:\n\tb: 1\n", "2:1: tabs are not accepted for indentation: use spaces"},
        {"a:\n  \tb: 1\n", "2:3: tabs are not accepted for indentation: use spaces"},
        {"a: x\xff\n", "1:5: has a byte that is not valid UTF-8, or a control character"},
        {"a: 1\nb: \x04\n", "2:4: has a byte that is not valid UTF-8, or a control character"},
        {"\xff\xfe"
         "a",
         "1:1: has a byte that is not valid UTF-8, or a control character"},
        {"a: *nowhere\n", "1:4: YAML: the referenced anchor is not defined"},
        {"a: 1\n b: 2\n", "2:3: YAML: illegal map value"},
        {"a: [1, 2\n", "2:1: YAML: end of sequence flow not found"},
        {"a: [::1]:8080\n", "1:9: YAML: end of map not found; an IPv6 address in brackets needs quotes"},
        {"a: \"x\n", "2:1: YAML: a quote is not closed"},
        {"a: 'x\nb: 1\n", "3:1: YAML: a quote is not closed"},
        {"a: \"x", "1:6: YAML: a quote is not closed"},
        {"a: \"x\n---\ny\"\n", "2:1: YAML: illegal document indicator in scalar"},
        {"%YAML 1.2\n---\n", "1:1: directives (%) are not supported"},
        {"a: 1\n%x\n", "2:1: directives (%) are not supported"},
    }));
    INFO(text);
    CHECK(problems_of(text) == expected);
}

TEST_CASE("a tab elsewhere than in front of a line is text") {
    CHECK(problems_of("a: 'x\ty'\t# comment\n").empty());
}
