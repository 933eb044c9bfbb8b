#pragma once
// Who we are at a server: the store, or a sentinel.

#include <gate/core/secret_string.hpp>

#include <string>

namespace gate::store {

struct login {
    std::string username{};          // empty: `default`
    core::secret_string password{};  // with neither: no AUTH
};

}  // namespace gate::store
