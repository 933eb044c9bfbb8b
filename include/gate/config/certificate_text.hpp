#pragma once
// A pair of files as text: {cert_file: "tls.crt", key_file: "tls.key"}. Pure.

#include <gate/config/scalars.hpp>
#include <gate/config/tls_options.hpp>
#include <gate/config/yaml_tree.hpp>

#include <string>
#include <string_view>

namespace gate::config {

// Reads what YAML has for it. Problems begin with the path of the option: "listener.tls.certificates[0]".
certificate_files read_certificate_entry(const node& entry, const std::string& path, problem_list& problems);

parsed<certificate_files> parse_certificate(std::string_view text);
std::string format_certificate(const certificate_files& value);

}  // namespace gate::config
