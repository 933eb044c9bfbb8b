#include <gate/proxy/upstream_party.hpp>

#include <catch.hpp>
#include <deque>
#include <made_identity.hpp>

using namespace gate;
using proxy::upstream_party;
using proxy::upstream_sharing;

namespace {

net::ip_address address(const char* text) {
    return boost::asio::ip::make_address(text);
}

auth::identity account(const char* id) {
    return auth::identity_for_tests::of(id);
}

config::limit_options limits(std::size_t connections, std::size_t percent) {
    config::limit_options out;
    out.upstream_connections = connections;
    out.upstream_share = percent;
    return out;
}

// Parties that each hold one connection.
struct holders {
    struct holder {
        upstream_sharing& how;
        upstream_party party{};
        auth::identity who;
        net::ip_address from;

        holder(upstream_sharing& which, const auth::identity& account, const net::ip_address& address)
            : how(which), who(account), from(address) {}
    };
    upstream_sharing& sharing;
    std::deque<holder> all{};

    void add(const auth::identity& who, const char* from = "192.0.2.1") {
        auto& one = all.emplace_back(sharing, who, address(from));
        one.party.be(one.who, one.from, one.how);
        one.party.take(true);
    }
    ~holders() {
        for (auto& each : all) each.party.give_back();
    }
};

bool has_its_share(upstream_sharing& sharing, const auth::identity& who, const char* from = "192.0.2.1") {
    const auto where = address(from);
    upstream_party one;
    one.be(who, where, sharing);
    return one.has_its_share();
}

}  // namespace

TEST_CASE("rule 27: an account has its share when it holds that many of all connections") {
    auth::account_records records(100);
    upstream_sharing one(records, limits(10, 50)), other(records, limits(10, 50));
    {
        holders here{one}, there{other};
        for (int i = 0; i < 2; ++i) here.add(account("gacct_1"));
        for (int i = 0; i < 2; ++i) there.add(account("gacct_1"));
        CHECK_FALSE(has_its_share(other, account("gacct_1")));
        CHECK_FALSE(has_its_share(one, account("gacct_1")));
        here.add(account("gacct_1"));
        CHECK(has_its_share(one, account("gacct_1")));
        CHECK(has_its_share(other, account("gacct_1")));
        CHECK_FALSE(has_its_share(one, account("gacct_2")));
    }
    CHECK_FALSE(has_its_share(one, account("gacct_1")));
}

TEST_CASE("rule 27: connections that were taken uncounted count when their worker counts") {
    auth::account_records records(100);
    upstream_sharing one(records, limits(4, 50)), other(records, limits(4, 50));
    const auto who = account("gacct_1");
    const auto from = address("192.0.2.1");
    upstream_party parties[3];
    for (auto& each : parties) each.be(who, from, one);
    parties[0].take(false);
    parties[1].take(false);
    parties[2].take(false);
    CHECK_FALSE(has_its_share(other, who));
    parties[0].give_back();  // before anybody has counted
    one.count_all();
    CHECK(has_its_share(other, who));
    one.count_all();
    parties[1].give_back();
    CHECK_FALSE(has_its_share(other, who));
    parties[2].give_back();
    CHECK(records.held(records.key_of("gacct_1")) == 0);
}

TEST_CASE("rule 27: without an account the address counts, and of an IPv6 one the network") {
    auth::account_records records(100);
    upstream_sharing sharing(records, limits(2, 50));
    holders here{sharing};
    here.add({}, "192.0.2.1");
    here.add({}, "2001:db8:0:1::1");
    CHECK(has_its_share(sharing, {}, "192.0.2.1"));
    CHECK(has_its_share(sharing, {}, "2001:db8:0:1:ffff::2"));
    CHECK_FALSE(has_its_share(sharing, {}, "192.0.2.2"));
    CHECK_FALSE(has_its_share(sharing, {}, "2001:db8:0:2::1"));
    CHECK_FALSE(has_its_share(sharing, account("gacct_1"), "192.0.2.1"));
}

TEST_CASE("nobody is counted where a share is all that there is") {
    const auto [connections, percent, counts] = GENERATE(table<std::size_t, std::size_t, bool>(
        {{1000, 50, true}, {1000, 100, false}, {1, 50, false}, {2, 1, true}, {2, 51, false}, {3, 51, true}}));
    INFO(connections << ", " << percent << "%");
    auth::account_records records(100);
    upstream_sharing sharing(records, limits(connections, percent));
    const auto who = account("gacct_1");
    const auto from = address("192.0.2.1");
    upstream_party one;
    one.be(who, from, sharing);
    CHECK((one.counted() != nullptr) == counts);
}

TEST_CASE("rule 27: what an account holds of one upstream says nothing of its share of another") {
    auth::account_records records(100);
    upstream_sharing one(records, limits(4, 50), 1), other(records, limits(4, 50), 2);
    holders here{one};
    for (int i = 0; i < 2; ++i) here.add(account("gacct_1"));
    CHECK(has_its_share(one, account("gacct_1")));
    CHECK_FALSE(has_its_share(other, account("gacct_1")));
}
