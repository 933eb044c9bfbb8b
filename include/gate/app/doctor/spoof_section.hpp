#pragma once
// SPOOF and FRAMING: requests that pretend to be somebody, and requests that can be read in two ways, through
// the real proxy code with the options of the configuration (stage.hpp).

#include <gate/app/doctor/finding.hpp>
#include <gate/app/doctor/stage.hpp>

namespace gate::app::doctor {

findings rehearse_spoofing(const config::config& options, stage& on);
findings rehearse_framing(const config::config& options, stage& on);

// What is wrong with what came of a request that pretends to be somebody; "": nothing. To refuse it for what
// it holds (400, 431) is right, too. `identity`: the name of the field. Pure.
std::string wrong_with(const stage::played& what, const std::string& identity, bool has_token);

// Pure: the lines of a head, as "name" and "value".
std::vector<std::pair<std::string, std::string>> lines_of(std::string_view head);

}  // namespace gate::app::doctor
