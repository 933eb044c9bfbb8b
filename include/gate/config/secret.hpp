#pragma once
// The secret key that this program shows to Gate. What is returned on failure never holds any part of it.

#include <gate/config/scalars.hpp>
#include <gate/core/secret_string.hpp>

#include <string>

namespace gate::config {

// The key without a line end after it: visible ASCII that begins with sk_live_ or sk_test_.
parsed<core::secret_string> check_secret_key(core::secret_string text);

// The key in a regular file of less than 4 KiB. Also for reading it again after a rotation.
parsed<core::secret_string> read_secret_key(const std::string& path);

}  // namespace gate::config
