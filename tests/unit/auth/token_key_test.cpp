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
