#pragma once
// How the program was started, and what it is started with again when it reloads.

#include <gate/app/tls_contents.hpp>
#include <gate/config/load.hpp>

#include <memory>
#include <string>

namespace gate::app {

struct started_with {
    config::load_input input;  // of reloads too: the environment is that of the start
    std::string text;          // of the file
    config::loaded loaded;
    std::shared_ptr<const tls_contents>
        tls{};  // of the files under `tls`; null: a problem of `loaded` says why
    file_digests digests{};
};

// Reads the configuration with the files under `tls`, and takes the environment over: what is secret in it is
// wiped from the process's own. `file` may be empty: there is none.
started_with read_start(const std::string& file);

// What is wrong with the files under `tls` becomes problems of `of`.
tls_reading check_tls_files(config::loaded& of, const std::string& file);

}  // namespace gate::app
