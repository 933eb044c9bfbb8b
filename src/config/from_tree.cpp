#include <gate/config/certificate_text.hpp>
#include <gate/config/draft.hpp>
#include <gate/config/suggest.hpp>

#include <algorithm>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

std::string joined(std::string_view section, std::string_view key) {
    return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

// "gate" has "gate.timeout" and "gate.budget" below it, and "gate.budget" has "gate.budget.limit".
bool is_below(std::string_view path, std::string_view section) {
    return section.empty() ||
           (path.size() > section.size() && path.starts_with(section) && path[section.size()] == '.');
}

bool is_section(std::string_view name) {
    const auto all = all_options();
    return !name.empty() &&
           std::any_of(all.begin(), all.end(), [&](const option& o) { return is_below(o.path, name); });
}

// What may stand in a section, or at the top (""): options and sections.
std::vector<std::string_view> known_keys(std::string_view section) {
    std::vector<std::string_view> out;
    if (section.empty()) out = {"listeners", "upstreams", "routes"};
    for (const option& o : all_options()) {
        if (!is_below(o.path, section)) continue;
        const auto rest = o.path.substr(section.empty() ? 0 : section.size() + 1);
        out.push_back(rest.substr(0, rest.find('.')));
    }
    return out;
}

// "A" or "A or B", the options of that name in other sections; "", where there is none, or are more.
std::string options_elsewhere(std::string_view name) {
    std::string out;
    int count = 0;
    for (const option& each : all_options()) {
        if (each.name() != name) continue;
        out.append(count++ == 0 ? "" : " or ").append(each.path);
    }
    return count > 2 ? std::string() : out;
}

// "cache_ttl" at the top: the option cache.ttl, or null.
const option* option_written_flat(std::string_view key) {
    const auto all = all_options();
    const auto found = std::find_if(all.begin(), all.end(), [&](const option& o) {
        return std::ranges::equal(o.path, key,
                                  [](char a, char b) { return a == b || (a == '.' && b == '_'); });
    });
    return found == all.end() ? nullptr : &*found;
}

// What other programs call our options.
std::string_view known_here_as(std::string_view path) {
    struct other_name {
        std::string_view theirs, ours;
    };
    constexpr other_name names[] = {
        {"gate.url", "base_url"},
        {"upstream.timeout", "response_timeout"},
        {"upstream.address", "url"},
        {"listener.port", "address"},
        {"listener.host", "address"},
        {"listener.tls.ca_file", "client_ca_file"},
        {"answer.tls.ca_file", "client_ca_file"},
        {"shutdown.timeout", "grace"},
    };
    const auto found = std::ranges::find(names, path, &other_name::theirs);
    return found == std::end(names) ? std::string_view() : found->ours;
}

std::string hint_for(std::string_view section, std::string_view key) {
    const auto path = joined(section, key);
    if (auto hint = secret_hint(path); !hint.empty()) return "; " + hint;
    if (const option* const dotted = find_option(path)) {
        return "; write " + std::string(dotted->name()) + " below " + std::string(dotted->section());
    }
    if (section.empty()) {
        if (const option* const flat = option_written_flat(key))
            return "; write " + std::string(flat->name()) + " below " + std::string(flat->section());
    }
    if ((key == "cert_file" || key == "key_file") && find_option(joined(section, "certificates")))
        return "; write certificates: [{cert_file: ..., key_file: ...}]";
    if (const auto ours = known_here_as(path); !ours.empty())
        return "; did you mean " + std::string(ours) + "?";
    const auto near = nearest(key, known_keys(section));
    if (!near.empty()) return "; did you mean " + std::string(near) + "?";
    const auto elsewhere = options_elsewhere(key);
    return elsewhere.empty() ? "" : "; did you mean " + elsewhere + "?";
}

void report_unknown(std::string_view section, const node& entry, draft& into) {
    const std::string in = section.empty() ? "" : " in " + std::string(section);
    into.problems.add(entry.key_at,
                      "unknown key " + in_quotes(entry.key) + in + hint_for(section, entry.key));
}

// Why a value of this shape cannot be the option's, or "".
std::string check_shape(const option& which, const node& value) {
    if (value.kind == kind_t::null) {
        return which.is_list() ? "has no value; write [] for an empty list"
                               : "has no value; remove the key instead";
    }
    if (which.is_list() && value.kind == kind_t::sequence) return {};
    if (std::holds_alternative<certificate_list>(which.kind))
        return "needs a list, such as [{cert_file: tls.crt, key_file: tls.key}]";
    if (which.is_list()) return "needs a list, such as [a, b]";
    if (value.kind == kind_t::sequence) return "needs one value, not a list; put brackets in quotes";
    return value.kind == kind_t::scalar ? "" : "needs one value, not a map";
}

// False: the item is none, and this has been reported.
bool take_item(const option& which, std::size_t index, const node& item, given& what, draft& into) {
    if (item.kind == kind_t::broken) return false;
    what.at.push_back(item.at);
    if (std::holds_alternative<certificate_list>(which.kind)) {
        problem_list wrong(into.file());
        const auto path = std::string(which.path) + "[" + std::to_string(index) + "]";
        what.values.push_back(format_certificate(read_certificate_entry(item, path, wrong)));
        auto problems = wrong.take();
        for (auto& each : problems) into.problems.add(each.at, std::move(each.message));
        return problems.empty();
    }
    what.values.push_back(item.text);
    if (item.kind != kind_t::scalar)
        into.problems.add(item.at, std::string(which.path) + ": needs plain values as items");
    return item.kind == kind_t::scalar;
}

void apply_option(const option& which, const node& value, draft& into) {
    if (value.kind == kind_t::broken) return into.note_wrong(which);
    given what;
    what.whole = value.kind == kind_t::null ? value.key_at : value.at;
    what.from = {origin::kind_t::file, into.file() + ":" + std::to_string(what.whole.line), what.whole};
    if (auto bad = check_shape(which, value); !bad.empty()) {
        into.problems.add(what.whole, std::string(which.path) + ": " + bad);
        return into.note_wrong(which);
    }
    if (!which.is_list()) {
        what.values = {value.text};
    } else {
        for (std::size_t i = 0; i < value.children.size(); ++i) {
            if (!take_item(which, i, value.children[i], what, into)) return into.note_wrong(which);
        }
    }
    into.set(which, std::move(what));
}

void apply_section(const std::string& name, const node& section, draft& into);

void refuse_for_now(const std::string& path, const node& entry, draft& into) {
    into.problems.add(entry.key_at, path + ": is not supported yet; remove the key");
}

// What is no option: read, or refused, by a function of its own.
struct special_entry {
    std::string_view path;
    void (*apply)(const node& entry, draft& into);
};

constexpr special_entry special_entries[] = {
    {"listeners", apply_listeners},
    {"upstreams", apply_upstreams},
    {"routes", apply_routes},
    {"rates", [](const node& entry, draft& into) { refuse_for_now("rates", entry, into); }},
    {"upstream.protocol",
     [](const node& entry, draft& into) { refuse_for_now("upstream.protocol", entry, into); }},
};

// Keys have no dots: what was written as a path is unknown, with a hint.
void apply_entry(const std::string& section, const node& entry, draft& into) {
    const auto path = joined(section, entry.key);
    const bool plain = entry.key.find('.') == std::string::npos;
    const option* const which = find_option(path);
    const auto* const special = std::ranges::find(special_entries, path, &special_entry::path);
    if (plain && special != std::end(special_entries)) {
        special->apply(entry, into);
    } else if (plain && is_section(path)) {
        apply_section(path, entry, into);
    } else if (plain && which) {
        apply_option(*which, entry, into);
    } else {
        report_unknown(section, entry, into);
    }
}

void apply_section(const std::string& name, const node& section, draft& into) {
    if (section.kind == kind_t::null || section.kind == kind_t::broken) return;
    if (section.kind != kind_t::map) {
        const bool is_glued = section.kind == kind_t::scalar && section.text.find(':') != std::string::npos;
        into.problems.add(section.at,
                          name + ": needs keys below it" +
                              (is_glued ? ", each with ': ' (a colon and a space) before its value" : ""));
        return;
    }
    for (const node& entry : section.children) apply_entry(name, entry, into);
}

}  // namespace

void apply_tree_entry(const std::string& section, const node& entry, draft& into) {
    apply_entry(section, entry, into);
}

void apply_tree(const node& root, draft& into) {
    if (root.kind == kind_t::null || root.kind == kind_t::broken) return;
    if (root.kind != kind_t::map) {
        into.problems.add(root.at, "needs keys and values, such as 'workers: auto'");
        return;
    }
    for (const node& entry : root.children) apply_entry("", entry, into);
    const auto short_form = std::ranges::find(root.children, "listener", &node::key);
    if (short_form != root.children.end() && !into.value.listeners.empty())
        into.problems.add(short_form->key_at,
                          "listener: must not stand beside listeners; move it into the list");
}

}  // namespace gate::config
