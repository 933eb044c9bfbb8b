#include <gate/config/certificate_text.hpp>
#include <gate/config/print.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/suggest.hpp>

#include <algorithm>
#include <array>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

constexpr std::array<std::string_view, 2> keys{"cert_file", "key_file"};

void read_file_key(const node& entry, const std::string& path, certificate_files& into,
                   problem_list& problems) {
    const auto known = std::ranges::find(keys, entry.key);
    if (known == keys.end()) {
        const auto near = nearest(entry.key, keys);
        const std::string hint = near.empty() ? "" : "; did you mean " + std::string(near) + "?";
        return problems.add(entry.key_at, "unknown key " + in_quotes(entry.key) + " in " + path + hint);
    }
    if (entry.kind == kind_t::broken) return;
    const auto complain = [&](const std::string& what) {
        problems.add(entry.kind == kind_t::null ? entry.key_at : entry.at,
                     path + "." + entry.key + ": " + what);
    };
    if (entry.kind != kind_t::scalar || entry.text.empty()) return complain("needs the path of a file");
    if (auto bad = check_file_name(entry.text); !bad.empty()) return complain(bad);
    (known == keys.begin() ? into.cert_file : into.key_file) = entry.text;
}

}  // namespace

certificate_files read_certificate_entry(const node& entry, const std::string& path, problem_list& problems) {
    certificate_files out;
    if (entry.kind == kind_t::broken) return out;
    if (entry.kind != kind_t::map) {
        problems.add(entry.at, path + ": needs two keys, such as {cert_file: tls.crt, key_file: tls.key}");
        return out;
    }
    for (const node& each : entry.children) read_file_key(each, path, out, problems);
    for (const auto key : keys) {
        if (std::ranges::find(entry.children, key, &node::key) == entry.children.end())
            problems.add(entry.at, path + ": needs " + std::string(key) + ", too");
    }
    return out;
}

parsed<certificate_files> parse_certificate(std::string_view text) {
    problem_list problems("");
    auto out = read_certificate_entry(read_tree(text, problems), "", problems);
    if (const auto bad = problems.take(); !bad.empty())
        return refusal{"needs {cert_file, key_file}, not " + in_quotes(text)};
    return out;
}

std::string format_certificate(const certificate_files& value) {
    return "{cert_file: " + in_double_quotes(value.cert_file) +
           ", key_file: " + in_double_quotes(value.key_file) + "}";
}

}  // namespace gate::config
