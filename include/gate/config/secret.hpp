#pragma once
// The secrets of this program: the key that it shows to Gate, and the token that its operators show to it.
// What is returned on failure never holds any part of them.

#include <gate/config/scalars.hpp>
#include <gate/core/secret_string.hpp>

#include <span>
#include <string>

namespace gate::config {

// The key without a line end after it: visible ASCII that begins with sk_live_ or sk_test_.
parsed<core::secret_string> check_secret_key(core::secret_string text);

inline constexpr std::size_t min_admin_token = 16;  // characters
inline constexpr std::size_t max_admin_token = 512;

// The admin token without white space around it: visible ASCII.
parsed<core::secret_string> check_admin_token(core::secret_string text);

inline constexpr std::size_t min_fleet_key = 32;  // bytes

// The key of a fleet without white space around it: any bytes.
parsed<core::secret_string> check_fleet_key(core::secret_string text);
// The password at a fleet's store without a line end after it: no control characters.
parsed<core::secret_string> check_fleet_password(core::secret_string text);

// What `check` makes of a regular file of less than 4 KiB.
using secret_check = parsed<core::secret_string> (*)(core::secret_string text);
parsed<core::secret_string> read_secret(const std::string& path, secret_check check);

// The environment variables that hold secrets.
std::span<const std::string_view> secret_variables();

// The key in a regular file of less than 4 KiB. Also for reading it again after a rotation.
parsed<core::secret_string> read_secret_key(const std::string& path);

}  // namespace gate::config
