#include <gate/emulator/token_store.hpp>

#include <catch.hpp>

using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

const wall_time start{1'800'000'000s};

token_record record_of(std::string account) {
    token_record record;
    record.account = std::move(account);
    record.created_at = start;
    return record;
}

}  // namespace

TEST_CASE("a plausible token is agt_ and token68") {
    for (const std::string& token : {std::string("agt_a"), std::string("agt_A9-._~+/"),
                                     std::string("agt_a=="), "agt_" + std::string(508, 'a')}) {
        INFO(token);
        CHECK(is_plausible_token(token));
    }
    for (const std::string& token :
         {std::string(), std::string("agt_"), std::string("agt_="), std::string("AGT_a"),
          std::string("agt_a=b"), std::string("agt_a b"), std::string("agt_\xc3\xa4"), std::string("gacct_a"),
          "agt_" + std::string(509, 'a')}) {
        INFO(token);
        CHECK_FALSE(is_plausible_token(token));
    }
}

TEST_CASE("an unknown token is unknown") {
    token_store tokens(0ms, start);
    CHECK(tokens.verify("agt_x", start).standing == token_standing::unknown);
    CHECK_FALSE(tokens.revoke("agt_x"));
    CHECK_FALSE(tokens.erase("agt_x"));
}

TEST_CASE("a known token is valid until it is revoked") {
    token_store tokens(0ms, start);
    tokens.put("agt_x", record_of("gacct_x"));
    const token_lookup found = tokens.verify("agt_x", start);
    CHECK(found.standing == token_standing::valid);
    CHECK(found.facts.account == "gacct_x");
    CHECK(found.facts.status == "active");
    CHECK_FALSE(found.facts.expires_at);
    CHECK(tokens.revoke("agt_x"));
    CHECK(tokens.verify("agt_x", start).standing == token_standing::revoked);
    CHECK(tokens.revoke("agt_x"));
}

TEST_CASE("a token expires one lifetime after its last use") {
    token_store tokens(10s, start);
    tokens.put("agt_x", record_of("gacct_x"));
    CHECK(tokens.verify("agt_x", start + 9s).facts.expires_at == start + 19s);
    CHECK(tokens.verify("agt_x", start + 18s).standing == token_standing::valid);
    CHECK(tokens.verify("agt_x", start + 28s).standing == token_standing::expired);
    CHECK(tokens.verify("agt_x", start + 28s).standing == token_standing::expired);
}

TEST_CASE("a fixed expiry does not move, and can be ignored") {
    token_store tokens(10s, start);
    token_record record = record_of("gacct_x");
    record.expires_at = start + 5s;
    tokens.put("agt_x", record);
    CHECK(tokens.verify("agt_x", start + 4s).facts.expires_at == start + 5s);
    CHECK(tokens.verify("agt_x", start + 5s).standing == token_standing::expired);
    record.ignore_expiry = true;
    tokens.put("agt_x", record);
    const token_lookup late = tokens.verify("agt_x", start + 60s);
    CHECK(late.standing == token_standing::valid);
    CHECK(late.facts.expires_at == start + 5s);
}

TEST_CASE("a status that nobody knows is answered as it stands") {
    token_store tokens(0ms, start);
    token_record record = record_of("gacct_x");
    record.status = "frozen";
    tokens.put("agt_x", record);
    CHECK(tokens.verify("agt_x", start).standing == token_standing::valid);
    CHECK(tokens.verify("agt_x", start).facts.status == "frozen");
}

TEST_CASE("an accepted prefix makes every token valid for an account of its own, until revoked") {
    token_store tokens(10s, start);
    tokens.accept_all("agt_load");
    CHECK(tokens.verify("agt_load1", start + 100s).facts.account == "gacct_load1");
    CHECK(tokens.verify("agt_load1", start + 100s).facts.expires_at == start + 110s);
    CHECK(tokens.verify("agt_other", start).standing == token_standing::unknown);
    CHECK(tokens.revoke("agt_load1"));
    CHECK(tokens.verify("agt_load1", start).standing == token_standing::revoked);
    CHECK(tokens.verify("agt_load2", start).standing == token_standing::valid);
}

TEST_CASE("the account of an accepted token stays usable however long the token is") {
    token_store tokens(0ms, start);
    tokens.accept_all("agt_");
    CHECK(tokens.verify("agt_" + std::string(508, 'a'), start).facts.account.size() <= 256);
}
