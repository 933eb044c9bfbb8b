#include <gate/net/address.hpp>
#include <gate/net/remote.hpp>

#include <catch.hpp>

using namespace gate;
using boost::asio::ip::make_address;
using net::network_set;

TEST_CASE("a set of networks contains what its prefixes cover") {
    const network_set networks({{"10.0.0.0", 8}, {"192.0.2.7", 32}, {"2001:db8::", 32}, {"0.0.0.0", 0}});
    const network_set narrow({{"10.0.0.0", 8}, {"192.0.2.128", 25}, {"2001:db8::", 33}});
    const std::pair<const char*, bool> cases[] = {{"10.255.0.1", true},      {"11.0.0.1", false},
                                                  {"192.0.2.129", true},     {"192.0.2.127", false},
                                                  {"2001:db8:1::1", true},   {"2001:db8:8000::", false},
                                                  {"::ffff:10.1.1.1", true}, {"::1", false}};
    for (const auto& [text, inside] : cases) {
        INFO(text);
        CHECK(narrow.contains(make_address(text)) == inside);
    }
    CHECK(networks.contains(make_address("203.0.113.9")));
    CHECK_FALSE(network_set().contains(make_address("10.0.0.1")));
}

TEST_CASE("rule 7: a range of one kind of addresses says nothing about the other") {
    const network_set v6({{"::", 0}}), low({{"::", 64}}), v4({{"0.0.0.0", 0}});
    for (const auto* const text : {"10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0"}) {
        INFO(text);
        CHECK_FALSE(v6.contains(make_address(text)));
        CHECK_FALSE(low.contains(make_address(text)));
        CHECK(v4.contains(make_address(text)));
    }
    for (const auto* const text : {"::1", "2001:db8::1", "::"}) {
        INFO(text);
        CHECK(v6.contains(make_address(text)));
        CHECK_FALSE(v4.contains(make_address(text)));
    }
}

TEST_CASE("rule 7: the client is the last address that no trusted proxy vouches for") {
    const network_set trusted({{"10.0.0.0", 8}});
    const auto peer = make_address("10.0.0.1");
    const std::pair<const char*, const char*> cases[] = {
        {"", "10.0.0.1"},
        {"203.0.113.5", "203.0.113.5"},
        {"198.51.100.1, 203.0.113.5", "203.0.113.5"},
        {"198.51.100.1, 203.0.113.5, 10.2.3.4", "203.0.113.5"},
        {"10.9.9.9, 10.2.3.4", "10.9.9.9"},
        {"203.0.113.5, nonsense", "10.0.0.1"},
        {" 2001:db8::5 ", "2001:db8::5"},
        {"203.0.113.5:4711", "203.0.113.5"},
        {"[2001:db8::5]:4711, 10.2.3.4:80", "2001:db8::5"},
        {"[2001:db8::5]", "2001:db8::5"},
        {"203.0.113.5:", "203.0.113.5"},
        {"[", "10.0.0.1"},
    };
    for (const auto& [list, client] : cases) {
        INFO(list);
        CHECK(net::client_of(list, peer, trusted).value().to_string() == client);
    }
}

TEST_CASE("rule 7: the peer at a Unix socket has no address, and is trusted by a word") {
    const network_set nobody, all({{"unix", 0}}), with_proxies({{"unix", 0}, {"10.0.0.0", 8}});
    CHECK(net::client_of("198.51.100.1", std::nullopt, nobody) == std::nullopt);
    CHECK(net::client_of("", std::nullopt, all) == std::nullopt);
    CHECK(net::client_of("nonsense", std::nullopt, all) == std::nullopt);
    CHECK(net::client_of("192.0.2.1, 198.51.100.1", std::nullopt, all) == make_address("198.51.100.1"));
    CHECK(net::client_of("192.0.2.1, 10.1.1.1", std::nullopt, with_proxies) == make_address("192.0.2.1"));
    const net::remote at_socket{.address = {}, .is_unix = true};
    CHECK(all.contains(at_socket));
    CHECK_FALSE(all.empty());
    CHECK_FALSE(network_set({{"0.0.0.0", 0}}).contains(at_socket));
    CHECK_FALSE(all.contains(make_address("0.0.0.0")));
}

TEST_CASE("rule 7: a list from a peer that is not trusted says nothing") {
    const network_set trusted({{"10.0.0.0", 8}});
    const auto peer = make_address("203.0.113.99");
    CHECK(net::client_of("198.51.100.1", peer, trusted) == peer);
}
