#pragma once
// The table of reasons as text for people.

#include <gate/core/reason.hpp>

#include <span>
#include <string>

namespace gate::core {

// "401"; "passed on" for what is allowed, "-" where the client has gone.
std::string status_text(const reason_row& row);

// The number of the gRPC status; "-" where a gRPC client is told none.
std::string grpc_text(const reason_row& row);

// A head and a line for each of them, in columns.
std::string text_table(std::span<const reason> of);

}  // namespace gate::core
