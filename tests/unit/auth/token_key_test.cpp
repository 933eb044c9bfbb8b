#include <gate/auth/token_key.hpp>
#include <gate/core/secret_string.hpp>

#include <catch.hpp>
#include <set>
#include <string>
#include <utility>

using namespace gate::auth;

namespace {

process_key fixed(std::uint8_t fill) {
    std::array<std::uint8_t, 32> bytes;
    bytes.fill(fill);
    return process_key(bytes);
}

std::string text(const std::array<char, 12>& digits) {
    return {digits.begin(), digits.end()};
}

}  // namespace

TEST_CASE("rule 10: the key depends on process, Gate and secret key, and on each token") {
    token_hasher one(fixed(1), "https://gate", "key1");
    const auto reference = one.key_of("agt_a");
    CHECK(one.key_of("agt_b") != reference);
    CHECK(one.key_of("agt_a") == reference);
    CHECK(token_hasher(fixed(1), "https://gate", "key1").key_of("agt_a") == reference);
    CHECK(token_hasher(fixed(2), "https://gate", "key1").key_of("agt_a") != reference);
    CHECK(token_hasher(fixed(1), "https://etag", "key1").key_of("agt_a") != reference);
    CHECK(token_hasher(fixed(1), "https://gate", "key2").key_of("agt_a") != reference);
}

TEST_CASE("rule 10: parts cannot be shifted into one another") {
    CHECK(token_hasher(fixed(1), "ab", "c").key_of("t") != token_hasher(fixed(1), "a", "bc").key_of("t"));
}

TEST_CASE("rule 10: the length belongs to the digest") {
    token_hasher one(fixed(1), "g", "k");
    std::set<std::array<std::uint8_t, 32>> seen;
    for (std::size_t size = 0; size <= 512; ++size) seen.insert(one.key_of(std::string(size, '\0')).digest);
    CHECK(seen.size() == 513);
}

TEST_CASE("two processes have different keys") {
    CHECK(process_key::random().bytes() != process_key::random().bytes());
}

TEST_CASE("a hasher gives the same keys after it has been moved") {
    token_hasher one(fixed(1), "g", "k");
    const auto before = one.key_of("agt_a");
    auto other = std::move(one);
    CHECK(other.key_of("agt_a") == before);
}

TEST_CASE("rule 25: a fingerprint is 12 hex digits that no table uses for its order") {
    token_hasher hasher(fixed(1), "g", "k");
    auto key = hasher.key_of("agt_secret");
    const auto print = text(fingerprint_of(key));
    CHECK(print.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(text(fingerprint_of(hasher.key_of("agt_other"))) != print);

    const auto hash = key.hash();
    const auto shard = key.shard();
    for (std::size_t i = 26; i < 32; ++i) key.digest[i] ^= 0xff;
    CHECK(text(fingerprint_of(key)) != print);
    CHECK(key.hash() == hash);
    CHECK(key.shard() == shard);
}

TEST_CASE("rule 25: the id of a secret key tells one key from another and shows none of it") {
    const gate::core::secret_string a("sk_live_a");
    const gate::core::secret_string b("sk_live_b");
    const auto id = key_id_of(fixed(1), a);
    CHECK(id.size() == 12);
    CHECK(id == key_id_of(fixed(1), a));
    CHECK(id != key_id_of(fixed(1), b));
    CHECK(id != key_id_of(fixed(2), a));
}

TEST_CASE("rule 10: in a fleet the key and the fingerprint are the same at every replica") {
    token_hasher one(fixed(1));
    token_hasher other(fixed(1));
    const auto key = one.key_of("agt_a");
    CHECK(other.key_of("agt_a") == key);
    CHECK(other.key_of("agt_b") != key);
    CHECK(token_hasher(fixed(2)).key_of("agt_a") != key);
    CHECK(one.key_of("agt_a") == key);  // its fingerprint is known by now
    CHECK(fingerprint_of(other.key_of("agt_b")) != fingerprint_of(key));
}

TEST_CASE("in a fleet a token's id says its key, also where the token was never seen") {
    token_hasher one(fixed(1));
    token_hasher other(fixed(1));
    for (int i = 0; i < 2000; ++i) {
        const auto key = one.key_of("agt_" + std::to_string(i));
        const auto id = id_of(key);
        REQUIRE(is_token_id(id.view()));
        REQUIRE(other.key_of(id) == key);
        REQUIRE(id_of(other.key_of(id)) == id);
    }
}

TEST_CASE("in a fleet the key is HMAC-SHA256 over label, length and token") {
    token_hasher hasher(fixed(1));
    // openssl dgst -sha256 -mac HMAC -macopt hexkey:0101...
    const auto key = hasher.key_of("agt_a");
    CHECK(id_of(key).view() == "9-wASg9ZJJP4B6vTlkTzzp");
    CHECK(text(fingerprint_of(key)) == "b4c0a26ab2f1");
}

TEST_CASE("a token id is 22 characters of base64url") {
    CHECK(is_token_id("AAAAbbbb0000----____zz"));
    for (const auto* each :
         {"", "AAAAbbbb0000----____z", "AAAAbbbb0000----____zzz", "AAAAbbbb0000----____z+"})
        CHECK_FALSE(is_token_id(each));
}

TEST_CASE("a fingerprint is 12 hexadecimal digits in lower case") {
    CHECK(is_fingerprint("0123456789ab"));
    CHECK(is_fingerprint(text(fingerprint_of(token_key{}))));
    for (const auto* each : {"", "0123456789a", "0123456789abc", "0123456789aB", "0123456789ag"})
        CHECK_FALSE(is_fingerprint(each));
}
