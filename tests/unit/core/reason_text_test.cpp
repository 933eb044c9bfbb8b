#include <gate/core/reason_text.hpp>

#include <array>
#include <catch.hpp>

using namespace gate::core;

TEST_CASE("a reason is a line under the names of the columns") {
    constexpr std::array of{reason::token_missing, reason::token_verified, reason::client_gone};
    CHECK(
        text_table(of) ==
        "CODE                      STATUS     GRPC  FROM      ACTS      MEANING\n"
        "token_missing             401        16    client    caller    An agent token is required: send "
        "'Authorization: Bearer agt_...'.\n"
        "token_verified            passed on  -     Gate      nobody    Gate has accepted the token.\n"
        "client_gone               -          -     client    caller    The client closed the connection.\n");
}
