#pragma once
// How the program was started, and what it is started with again when it reloads.

#include <gate/config/load.hpp>

#include <string>

namespace gate::app {

struct started_with {
    config::load_input input;  // of reloads too: the environment is that of the start
    std::string text;          // of the file
    config::loaded loaded;
};

// Reads the configuration, and takes the environment over: what is secret in it is wiped from the process's
// own. `file` may be empty: there is none.
started_with read_start(const std::string& file);

}  // namespace gate::app
