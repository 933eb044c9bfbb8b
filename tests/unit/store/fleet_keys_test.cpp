#include <gate/store/fleet_keys.hpp>

#include <catch.hpp>
#include <set>

namespace {

using namespace gate;
using namespace gate::store;

const core::secret_string secret(std::string(32, 'k'));
constexpr std::string_view url = "https://api.usefoil.com";
constexpr std::string_view path = "/v1/gate/agent-tokens/verify";

TEST_CASE("replicas with the same key and the same Gate have the same names") {
    const fleet_keys one(secret, url, path);
    const fleet_keys other(secret, url, path);
    CHECK(one.key(":ev") == other.key(":ev"));
    CHECK(one.id_of("agt_x") == other.id_of("agt_x"));
    CHECK(one.fingerprint_of(one.id_of("agt_x")) == other.fingerprint_of(other.id_of("agt_x")));
    CHECK(one.name_of_account("gacct_1") == other.name_of_account("gacct_1"));
    CHECK(one.id_of_secret_key(core::secret_string("sk_live_1")) ==
          other.id_of_secret_key(core::secret_string("sk_live_1")));
}

TEST_CASE("another key, another Gate or another path is another fleet") {
    const fleet_keys all[] = {{secret, url, path},
                              {core::secret_string(std::string(32, 'l')), url, path},
                              {secret, "https://other.example", path},
                              {secret, url, "/gate/agent-tokens/verify"},
                              {secret, std::string(url) + path[0], path.substr(1)}};
    std::set<std::string> prefixes;
    std::set<std::string> ids;
    for (const auto& each : all) {
        prefixes.insert(each.key(":ev"));
        ids.emplace(each.id_of("agt_x").view());
    }
    CHECK(prefixes.size() == std::size(all));
    CHECK(ids.size() == std::size(all));
}

TEST_CASE("all keys lie in one slot of a cluster") {
    const fleet_keys keys(secret, url, path);
    const auto key = keys.key(":ev");
    REQUIRE(key.size() == 18);
    CHECK(key.starts_with("{gate:"));
    CHECK(key.ends_with("}:ev"));
    CHECK(key.substr(6, 8).find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
}

TEST_CASE("a token, an account and a secret key of the same text have different names") {
    const fleet_keys keys(secret, url, path);
    const std::string id(keys.id_of("x").view());
    CHECK(id != keys.name_of_account("x"));
    CHECK(keys.id_of("agt_1") != keys.id_of("agt_2"));
}

TEST_CASE("what is sealed is unsealed in its place, by its fleet, and nowhere else") {
    const fleet_keys keys(secret, url, path);
    const fleet_keys others(secret, "https://other.example", path);
    for (const std::string text : {"", "a", "a message of some length, with \0 in it"}) {
        const auto sealed = keys.seal(text, "{gate:x}:ev");
        CHECK(sealed.size() == text.size() + fleet_keys::overhead);
        CHECK(keys.unseal(sealed, "{gate:x}:ev") == text);
        CHECK_FALSE(keys.unseal(sealed, "{gate:x}:b"));
        CHECK_FALSE(others.unseal(sealed, "{gate:x}:ev"));
    }
}

TEST_CASE("no bit of what is sealed can be changed, and nothing can be taken away or added") {
    const fleet_keys keys(secret, url, path);
    const auto sealed = keys.seal("allow", "place");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto other = sealed;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
        INFO(bit);
        CHECK_FALSE(keys.unseal(other, "place"));
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        CHECK_FALSE(keys.unseal(std::string_view(sealed).substr(0, size), "place"));
    CHECK_FALSE(keys.unseal(sealed + '\0', "place"));
}

TEST_CASE("an opener opens what is ours, whatever it has been given before") {
    const fleet_keys keys(secret, url, path);
    const fleet_keys others(secret, "https://other.example", path);
    fleet_keys::opener opener(keys);
    for (const std::string text : {"a long message at first", "short", ""}) {
        const auto sealed = keys.seal(text, "place");
        CHECK(opener.open(sealed, "place") == text);
        CHECK_FALSE(opener.open(others.seal(text, "place"), "place"));
        CHECK_FALSE(opener.open(sealed, "elsewhere"));
        CHECK_FALSE(opener.open(sealed.substr(0, sealed.size() - 1), "place"));
        CHECK_FALSE(opener.open("", "place"));
        CHECK(opener.open(sealed, "place") == text);
    }
}

TEST_CASE("the same text is sealed differently each time") {
    const fleet_keys keys(secret, url, path);
    CHECK(keys.seal("text", "place") != keys.seal("text", "place"));
}

TEST_CASE("the caches name tokens as the store does") {
    const fleet_keys keys(secret, url, path);
    auth::token_hasher hasher(keys.name_key());
    const auto key = hasher.key_of("agt_0123456789");
    CHECK(auth::id_of(key) == keys.id_of("agt_0123456789"));
    CHECK(auth::fingerprint_of(key) == keys.fingerprint_of(auth::id_of(key)));
}

}  // namespace
