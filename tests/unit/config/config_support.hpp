#pragma once
// What the tests of this layer share: loading a text, and files that go away.

#include <gate/config/load.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

namespace config_test {

using variables = std::map<std::string, std::string, std::less<>>;

inline gate::config::lookup lookup_in(variables values) {
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return {};
        return found->second;
    };
}

// A load without need for a secret key.
inline gate::config::load_input with(variables environment = {}) {
    gate::config::load_input input;
    input.environment = lookup_in(std::move(environment));
    input.require_secret_key = false;
    return input;
}

inline gate::config::loaded load_yaml(std::string_view text, variables environment = {}) {
    return gate::config::load_text("c.yaml", text, with(std::move(environment)));
}

// As for serving: what is needed must be there.
inline gate::config::loaded load_strictly(std::string_view text, variables environment = {}) {
    environment.emplace("FOIL_SECRET_KEY", "sk_test_abc");
    auto input = with(std::move(environment));
    input.require_secret_key = true;
    return gate::config::load_text("c.yaml", text, input);
}

// All problems as a user sees them, one a line.
inline std::string shown(const gate::config::loaded& what) {
    std::string out;
    for (const auto& problem : what.problems) out += (out.empty() ? "" : "\n") + to_string(problem);
    return out;
}

class temporary_directory {
public:
    temporary_directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gate-config-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~temporary_directory() { std::filesystem::remove_all(path_); }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    std::string path(std::string_view name) const { return (path_ / name).string(); }

    std::string write(std::string_view name, std::string_view content) const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

private:
    std::filesystem::path path_;
};

}  // namespace config_test
