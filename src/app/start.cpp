#include <gate/app/route_checks.hpp>
#include <gate/app/start.hpp>
#include <gate/config/files.hpp>
#include <gate/config/secret.hpp>
#include <gate/config/yaml_tree.hpp>
#include <gate/core/secret_string.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

namespace gate::app {
namespace {

// Whether the configuration may ask for it.
bool is_ours(std::string_view name) {
    return name.starts_with("GATE_SIDECAR_") || name.starts_with("FOIL_") || name.starts_with("OTEL_") ||
           name == "PORT";
}

// Its values are kept as secrets, because some of them are.
config::lookup environment_of_now(const std::vector<std::string>& names) {
    using variables = std::map<std::string, core::secret_string, std::less<>>;
    const auto kept = std::make_shared<variables>();
    for (const auto& name : names) {
        if (!is_ours(name)) continue;
        if (auto value = config::process_variable(name))
            kept->emplace(name, core::secret_string(std::move(*value)));
    }
    return [kept](std::string_view name) -> std::optional<std::string> {
        const auto found = kept->find(name);
        if (found == kept->end()) return std::nullopt;
        return std::string(found->second.reveal());
    };
}

}  // namespace

tls_reading check_tls_files(config::loaded& of, const std::string& file) {
    if (!of.ok()) return {};
    auto got = read_tls_contents(of, file.empty() ? "configuration" : file, nullptr);
    std::ranges::move(got.problems, std::back_inserter(of.problems));
    return got;
}

started_with read_start(const std::string& file) {
    started_with out;
    if (!file.empty()) out.input.file = file;
    out.input.environment_names = config::process_variable_names();
    out.input.environment = environment_of_now(out.input.environment_names);
    auto text = out.input.file ? config::read_file(file, config::most_file_bytes, config::file_kind::any)
                               : config::parsed<std::string>(config::refusal{});
    if (text) {
        out.text = std::move(*text);
        out.loaded = config::load_text(file, out.text, out.input);
    } else {
        out.loaded = config::load(out.input);
    }
    check_routes(out.loaded, file);
    auto files = check_tls_files(out.loaded, file);
    out.tls = std::move(files.found);
    out.digests = std::move(files.digests);
    for (const auto name : config::secret_variables()) config::wipe_process_variable(name);
    return out;
}

}  // namespace gate::app
