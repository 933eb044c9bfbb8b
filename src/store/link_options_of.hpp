#pragma once
// How connections to the store of a fleet begin.

#include <gate/store/fleet_log.hpp>
#include <gate/store/link.hpp>

namespace gate::store {

// Throws std::runtime_error where OpenSSL cannot use the TLS material.
link_options link_options_of(const fleet_log_options& from);

}  // namespace gate::store
