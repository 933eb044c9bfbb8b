#pragma once
// The JSON Schema (draft 7) of the configuration file, made from the option table. It is for editors, which
// check a file while somebody writes it: types, ranges, names, descriptions. `gate-sidecar validate` has the
// last word: it knows rules that a schema cannot have, and it also accepts numbers in quotes.

#include <string>

namespace config_schema {

// Throws std::logic_error for an option, or a key of a route, whose form it does not know.
std::string make();

}  // namespace config_schema
