#pragma once
// Identities for tests: in the program nobody but the authenticator makes one.

#include <gate/auth/decision.hpp>

#include <string_view>

namespace gate::auth {

struct identity_for_tests {
    static identity of(std::string_view account_id, std::string_view identity_begin = "X-Gate-Account-Id: ") {
        identity out;
        assign(out, identity_begin, account_id);
        return out;
    }
    static void assign(identity& to, std::string_view identity_begin, std::string_view account_id) {
        to.assign(identity_begin, account_id);
    }
    static void put_under(identity& what, std::string_view identity_begin) { what.put_under(identity_begin); }
};

}  // namespace gate::auth
