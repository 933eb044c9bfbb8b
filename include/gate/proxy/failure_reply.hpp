#pragma once
// The one table from a reason to what the client is told. Status codes are chosen nowhere else.

#include <gate/core/reason.hpp>

namespace gate::proxy {

struct failure {
    int status = 500;             // 0: nobody is left to be told
    bool retryable = false;       // the same request may succeed later
    int retry_after = 0;          // seconds, unless the cause knows better; 0: not said
    bool challenge = false;       // WWW-Authenticate: Bearer
    bool invalid_token = false;   // a token was given, and is not accepted
    bool closes = false;          // what follows on this connection cannot be trusted to be a request
    const char* field_name = "";  // the field at fault
};

failure failure_of(core::reason why) noexcept;

}  // namespace gate::proxy
