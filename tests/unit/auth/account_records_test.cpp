#include <gate/auth/account_records.hpp>

#include <catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

using gate::auth::account_records;
using gate::auth::client_id;

namespace {

std::string account(int number) {
    return "gacct_" + std::to_string(number);
}

}  // namespace

TEST_CASE("an account holds what was taken and not given back") {
    account_records records(100, 1);
    const auto key = records.key_of("gacct_1");
    CHECK(records.held(key) == 0);
    auto* const first = records.take(key);
    auto* const second = records.take(key);
    CHECK(first == second);
    CHECK(records.held(key) == 2);
    account_records::give_back(first);
    CHECK(records.held(key) == 1);
    account_records::give_back(second);
    CHECK(records.held(key) == 0);
}

TEST_CASE("accounts and addresses are counted apart") {
    account_records records(100'000, 1);
    client_id address;
    address.bytes[15] = 1;
    const auto one = records.key_of("gacct_1");
    (void)records.take(one);
    (void)records.take(records.key_of(address));
    CHECK(records.held(one) == 1);
    CHECK(records.held(records.key_of(address)) == 1);
    CHECK(records.held(records.key_of("gacct_2")) == 0);
    address.bytes[0] = 1;
    CHECK(records.held(records.key_of(address)) == 0);
}

TEST_CASE("texts of every length have keys of their own, and another seed gives others") {
    const account_records records(100, 1), others(100, 2);
    std::set<std::uint64_t> keys;
    for (std::size_t size = 1; size <= 40; ++size) {
        const std::string text(size, 'a');
        auto changed = text;
        changed.back() = 'b';
        CHECK(keys.insert(records.key_of(text).bits).second);
        CHECK(keys.insert(records.key_of(changed).bits).second);
        CHECK(keys.insert(others.key_of(text).bits).second);
    }
}

TEST_CASE("rule 27: new accounts take the records of those that hold nothing, and of nobody else") {
    account_records records(16, 1);
    const auto holder = records.key_of("holder");
    (void)records.take(holder);
    for (int i = 0; i < 10'000; ++i) {
        auto* const taken = records.take(records.key_of(account(i)));
        REQUIRE(records.held(records.key_of(account(i))) == 1);
        account_records::give_back(taken);
    }
    CHECK(records.held(holder) == 1);
}

TEST_CASE("rule 27: those for whom there is no record are counted together") {
    const std::size_t most = GENERATE(1U, 3U, 8U);
    account_records records(most, 1);
    std::vector<account_records::record*> taken;
    std::set<account_records::record*> distinct;
    for (int i = 0; i < 20; ++i) {
        taken.push_back(records.take(records.key_of(account(i))));
        distinct.insert(taken.back());
    }
    CHECK(distinct.size() == most + 1);
    CHECK(records.held(records.key_of(account(0))) == 1);
    CHECK(records.held(records.key_of(account(19))) == 20 - most);
    CHECK(records.held(records.key_of("one that comes later")) == 20 - most);
    for (auto* each : taken) account_records::give_back(each);
    CHECK(records.held(records.key_of(account(19))) == 0);
}

TEST_CASE("many accounts hold something at once") {
    account_records records(100'000, 1);
    std::vector<account_records::record*> taken;
    for (int i = 0; i < 1000; ++i) taken.push_back(records.take(records.key_of(account(i))));
    CHECK(std::set(taken.begin(), taken.end()).size() == taken.size());
    for (int i = 0; i < 1000; ++i) REQUIRE(records.held(records.key_of(account(i))) == 1);
}

TEST_CASE("nothing is lost or counted twice when workers count together") {
    account_records records(8, 1);
    const auto work = [&](int worker) {
        for (int i = 0; i < 20'000; ++i) {
            auto* const shared = records.take(records.key_of("shared"));
            auto* const own = records.take(records.key_of(account(4 * (i % 4) + worker)));
            account_records::give_back(own);
            account_records::give_back(shared);
        }
    };
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; ++worker) workers.emplace_back(work, worker);
    for (auto& each : workers) each.join();
    CHECK(records.held(records.key_of("shared")) == 0);
    for (int i = 0; i < 16; ++i) CHECK(records.held(records.key_of(account(i))) == 0);
    (void)records.take(records.key_of("shared"));
    CHECK(records.held(records.key_of("shared")) == 1);
}
