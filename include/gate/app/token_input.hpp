#pragma once
// Agent tokens from standard input: never from an argument, which everybody on the machine can read.

#include <gate/core/secret_string.hpp>

#include <string>

namespace gate::app {

struct token_input {
    core::secret_string token;  // is_agent_token, or empty
    std::string problem;        // why there is none; empty: nothing but white space was there
};

// Reads `fd` to its end, or, if it is a terminal, one line. Precondition: it is open and blocks.
token_input read_token(int fd);

}  // namespace gate::app
