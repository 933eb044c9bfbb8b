#pragma once
// gate-sidecar doctor: looks at a whole deployment, and says what is wrong with it and how to put it right.
// Gate is called twice at most, for a token that does not exist, and no secret is printed. It leaves nothing
// changed but counters: for CHAIN an echo is open in the running sidecar, and for FLEET a key of its own is
// in the store, which is deleted afterwards.

#include <gate/app/doctor/finding.hpp>
#include <gate/config/load.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app::doctor {

// In the order in which they are looked at.
inline constexpr std::array<std::string_view, 9> all_sections{
    "config", "key", "gate", "upstream", "spoof", "framing", "chain", "fleet", "limits"};

struct questions {
    std::string url{};       // of the API, as its clients see it; empty: CHAIN is skipped
    std::string ca_file{};   // authorities that its clients trust; empty: the system's
    std::string admin{};     // address of the admin listener; empty: as the configuration says
    bool goes_deep = false;  // malformed requests are sent to `url` too
    bool as_json = false;
    std::optional<unsigned> pod_grace{};  // seconds
    std::vector<std::string> sections{};  // empty: all
};

// What is found. `file`: may be empty; `loaded`: what it holds.
findings examine(const std::string& file, const config::loaded& loaded, const questions& what);

}  // namespace gate::app::doctor

namespace gate::app {

// Prints what is found; the exit code: see doctor/report.hpp.
int run_doctor(const std::string& file, const config::loaded& loaded, const doctor::questions& what);

}  // namespace gate::app
