// Any bytes as a configuration file: problems or a configuration, and what loads prints as a file that loads
// again.

#include <gate/config/load.hpp>
#include <gate/config/print.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gate::config::load_input input;
    input.require_secret_key = false;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Keeps the fuzzer away from the file system.
    if (text.find("_file") != std::string_view::npos) return 0;

    const auto first = gate::config::load_text("fuzz.yaml", text, input);
    if (!first.ok()) return 0;
    const auto second = gate::config::load_text("printed.yaml", gate::config::render(first), input);
    if (!second.ok() || !(second.value == first.value)) std::abort();
    return 0;
}
