#include <gate/config/draft.hpp>
#include <gate/config/files.hpp>
#include <gate/config/load.hpp>
#include <gate/config/yaml_tree.hpp>

namespace gate::config {

namespace {

loaded finish(const load_input& input, draft in_the_making) {
    apply_environment(input, in_the_making);
    apply_flags(input, in_the_making);
    apply_opentelemetry(input, in_the_making);
    resolve_secrets(input, in_the_making);
    check_whole(in_the_making);
    check_account_list(input, in_the_making);
    if (input.in_force != nullptr && in_the_making.problems.empty()) {
        in_the_making.keep_what_needs_restart(*input.in_force);
        check_whole(in_the_making);
    }
    return in_the_making.take();
}

}  // namespace

loaded load_text(const std::string& name, std::string_view text, const load_input& input) {
    draft in_the_making(name);
    const auto tree = read_tree(text, in_the_making.problems);
    if (input.in_force != nullptr && tree.kind == node::kind_t::null)
        in_the_making.problems.add(name, "is empty; write {} to set no option");
    apply_tree(tree, in_the_making);
    return finish(input, std::move(in_the_making));
}

loaded load(const load_input& input) {
    if (!input.file) return finish(input, draft("configuration"));
    const auto text = read_file(*input.file, most_file_bytes, file_kind::any);
    if (text) return load_text(*input.file, *text, input);
    draft in_the_making(*input.file);
    in_the_making.problems.add(*input.file, text.error());
    return finish(input, std::move(in_the_making));
}

}  // namespace gate::config
