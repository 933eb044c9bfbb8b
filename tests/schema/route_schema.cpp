#include "number_patterns.hpp"
#include "text_patterns.hpp"
#include "value_schema.hpp"

#include <gate/config/scalars.hpp>

#include <stdexcept>
#include <vector>

namespace config_schema {

using namespace gate::config;

namespace {

constexpr std::uint64_t most_items = 100;  // of a list in a route, as from_tree_routes.cpp reads them

// "required or optional or none" -> its words; empty: it is no list of words.
std::vector<std::string_view> words_of(std::string_view range) {
    constexpr std::string_view between = " or ";
    std::vector<std::string_view> out;
    while (!range.empty()) {
        const auto end = range.find(between);
        const auto word = range.substr(0, end);
        if (word.find(' ') != std::string_view::npos) return {};
        out.push_back(word);
        range.remove_prefix(end == std::string_view::npos ? range.size() : end + between.size());
    }
    return out.size() > 1 ? out : std::vector<std::string_view>{};
}

// "path" takes one text or a list of them, as "host" and "methods" do.
void write_one_or_list(json& to, const std::string& pattern) {
    to.Key("anyOf");
    to.StartArray();
    to.StartObject();
    write_pattern(to, pattern);
    to.EndObject();
    to.StartObject();
    begin_list(to, 1, most_items);
    write_pattern(to, pattern);
    to.EndObject();
    to.EndObject();
    to.EndArray();
}

void write_route_value(json& to, const route_key_description& which) {
    const auto range = which.range;
    if (range == "true or false") return member(to, "type", "boolean");
    if (const auto words = words_of(range); !words.empty()) return write_names(to, words);
    if (const auto dots = range.find(".."); dots != std::string_view::npos) {
        const auto least = parse_duration(range.substr(0, dots)),
                   most = parse_duration(range.substr(dots + 2));
        if (!least || !most) throw std::logic_error("no range of durations: " + std::string(range));
        return write_measure(to, *least == duration::zero(), duration_pattern(*least, *most));
    }
    const auto pattern = route_pattern(which.name);
    const bool is_list = range.find("list") != std::string_view::npos;
    return is_list ? write_one_or_list(to, pattern) : write_pattern(to, pattern);
}

}  // namespace

void write_route_key(json& to, const route_key_description& which) {
    to.StartObject();
    member(to, "description", which.doc);
    write_route_value(to, which);
    to.EndObject();
}

}  // namespace config_schema
