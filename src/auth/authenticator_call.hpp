#pragma once
// A call to Gate that has ended.

#include <gate/auth/authenticator.hpp>

namespace gate::auth {

struct authenticator::call {
    verification answer;
    core::time_point asked;              // as facts count it; in a fleet: by the store's clock
    core::time_point began;              // by our own
    call_result result{};                // as the governor was told
    core::time_point::duration life{0};  // of an answer that is cached: after `asked`
};

}  // namespace gate::auth
