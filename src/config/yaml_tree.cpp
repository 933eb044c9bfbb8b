#include <gate/config/rules.hpp>
#include <gate/config/yaml_tree.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace gate::config {

namespace {

constexpr std::size_t most_depth = 8;
constexpr std::size_t most_nodes = 20'000;

position to_position(const YAML::Mark& mark) {
    if (mark.is_null()) return {1, 1};
    return {static_cast<unsigned>(mark.line) + 1, static_cast<unsigned>(mark.column) + 1};
}

struct syntax_error {
    position at;
    std::string message;
};

// A collection whose end has not come yet.
struct open_node {
    node value;
    std::optional<node> key;  // of a map: the key whose value comes next
    std::set<std::string> keys;
};

class tree_builder final : public YAML::EventHandler {
public:
    explicit tree_builder(problem_list& problems) : problems_(problems) {}

    node take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0) throw syntax_error{to_position(mark), "only one YAML document is accepted"};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        complete(make(node::kind_t::null, mark, {}, anchor));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        problems_.add(to_position(mark), "aliases (*name) are not supported: write the value out");
        complete(make(node::kind_t::broken, mark, {}, 0));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        node scalar = make(node::kind_t::scalar, mark, tag, anchor);
        scalar.text = value;
        complete(std::move(scalar));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(node::kind_t::sequence, mark, tag, anchor));
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(node::kind_t::map, mark, tag, anchor));
    }
    void OnMapEnd() override { close(); }

private:
    node make(node::kind_t kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        const position at = to_position(mark);
        if (++nodes_ > most_nodes) throw syntax_error{at, "has too many values"};
        if (anchor != 0) problems_.add(at, "anchors (&name) are not supported: write the value out");
        // "?" and "!" stand for an untagged plain and quoted scalar.
        if (!tag.empty() && tag != "?" && tag != "!") {
            problems_.add(at, "tags (!name) are not supported");
            kind = kind == node::kind_t::scalar ? node::kind_t::broken : kind;
        }
        node out;
        out.kind = kind;
        out.at = at;
        return out;
    }

    void open(node value) {
        if (stack_.size() == most_depth) throw syntax_error{value.at, "is nested too deeply"};
        stack_.push_back({std::move(value), {}, {}});
    }

    void close() {
        node value = std::move(stack_.back().value);
        stack_.pop_back();
        complete(std::move(value));
    }

    void complete(node value) {
        if (stack_.empty()) {
            root_ = std::move(value);
            return;
        }
        open_node& parent = stack_.back();
        if (parent.value.kind == node::kind_t::sequence) {
            parent.value.children.push_back(std::move(value));
        } else if (!parent.key) {
            check_key(parent, value);
            parent.key = std::move(value);
        } else {
            add_entry(parent, std::move(value));
        }
    }

    // Turns a key that cannot stand into a broken one, so that its value is skipped.
    void check_key(open_node& parent, node& key) {
        std::string why;
        if (key.kind == node::kind_t::broken) return;
        if (key.kind != node::kind_t::scalar) {
            why = "keys must be plain words";
        } else if (key.text == "<<") {
            why = "merge keys (<<) are not supported: write the values out";
        } else if (!parent.keys.insert(key.text).second) {
            why = "duplicate key " + in_quotes(key.text);
        }
        if (why.empty()) return;
        problems_.add(key.at, std::move(why));
        key.kind = node::kind_t::broken;
    }

    static void add_entry(open_node& parent, node value) {
        node key = std::move(*parent.key);
        parent.key.reset();
        if (key.kind == node::kind_t::broken) return;
        value.key = std::move(key.text);
        value.key_at = key.at;
        parent.value.children.push_back(std::move(value));
    }

    problem_list& problems_;
    node root_;
    std::vector<open_node> stack_;
    std::size_t nodes_ = 0;
    std::size_t documents_ = 0;
};

position position_of(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {static_cast<unsigned>(line) + 1, static_cast<unsigned>(offset - start) + 1};
}

// The first tab that stands where indentation is expected, or npos.
std::size_t find_indenting_tab(std::string_view text) {
    bool at_start = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (at_start && text[i] == '\t') return i;
        at_start = text[i] == '\n' || (at_start && text[i] == ' ');
    }
    return std::string_view::npos;
}

// What must hold before the parser sees the text. It takes some control bytes for marks of its own.
void check_text(std::string_view text) {
    if (text.size() > most_file_bytes) throw syntax_error{{1, 1}, "is larger than 1 MiB"};
    if (const auto bad = find_bad_byte(text, true); bad != std::string_view::npos) {
        throw syntax_error{position_of(text, bad),
                           "has a byte that is not valid UTF-8, or a control character"};
    }
    if (const auto tab = find_indenting_tab(text); tab != std::string_view::npos) {
        throw syntax_error{position_of(text, tab), "tabs are not accepted for indentation: use spaces"};
    }
    const auto directive = text.starts_with('%') ? 0 : text.find("\n%");
    if (directive != std::string_view::npos) {
        const auto at = text[directive] == '%' ? directive : directive + 1;
        throw syntax_error{position_of(text, at), "directives (%) are not supported"};
    }
}

std::string_view line_of(std::string_view text, unsigned line) {
    while (--line > 0) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

// An unquoted [::1]:8080 is the likeliest mistake that the parser has no good words for.
std::string bracket_hint(std::string_view line) {
    return line.find("]:") == std::string_view::npos ? "" : "; an IPv6 address in brackets needs quotes";
}

bool is_past_end(const YAML::Exception& error, std::string_view text) {
    return to_position(error.mark).line > position_of(text, text.size()).line;
}

position where(const YAML::Exception& error, std::string_view text) {
    return is_past_end(error, text) ? position_of(text, text.size()) : to_position(error.mark);
}

std::string wording(const YAML::Exception& error, std::string_view text) {
    if (is_past_end(error, text) && error.msg == YAML::ErrorMsg::DOC_IN_SCALAR)
        return "YAML: a quote is not closed";
    return "YAML: " + error.msg + bracket_hint(line_of(text, where(error, text).line));
}

node parse(std::string_view text, problem_list& problems) {
    check_text(text);
    // The mark for the end of the document: without it, a quote that is never closed would go unnoticed.
    std::istringstream in{std::string(text) + "\n...\n"};
    tree_builder builder(problems);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
}

}  // namespace

node read_tree(std::string_view text, problem_list& problems) {
    try {
        return parse(text, problems);
    } catch (const syntax_error& error) {
        problems.add(error.at, error.message);
    } catch (const YAML::Exception& error) {
        problems.add(where(error, text), wording(error, text));
    }
    return {};
}

}  // namespace gate::config
