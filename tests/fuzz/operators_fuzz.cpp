// What operators, scrapers and trusted proxies send: the body of an admin request, what a scraper accepts, a
// list of addresses, a request to explain.

#include "check.hpp"

#include <gate/app/explain.hpp>
#include <gate/app/flat_object.hpp>
#include <gate/http/accept.hpp>
#include <gate/net/address.hpp>

#include <cstdint>
#include <set>
#include <string>

namespace {

using gate::fuzz::check;

void read_body(std::string_view text) {
    const auto got = gate::app::read_flat_object(text);
    if (!got) return;
    check(got->size() <= 8, "at most 8 members");
    std::set<std::string> names;
    for (const auto& each : *got) check(names.insert(each.name).second, "no name twice");
}

void read_addresses(std::string_view text) {
    static const gate::net::network_set trusted({{"10.0.0.0", 8}});
    static const auto peer = boost::asio::ip::make_address("10.0.0.1");
    static const auto stranger = boost::asio::ip::make_address("203.0.113.1");
    check(gate::net::client_of(text, stranger, trusted) == stranger, "a stranger's list says nothing");
    const auto client = gate::net::client_of(text, peer, trusted);
    check(client.has_value(), "a peer with an address leads to a client with one");
    const auto again = gate::net::client_of(gate::net::to_text(*client), peer, trusted);
    check(again == client, "what is shown of an address names it");
}

void read_accept(std::string_view text) {
    if (!gate::http::prefers_openmetrics(text)) return;
    const std::string all(text);
    check(gate::http::prefers_openmetrics(all + ","), "an empty range says nothing");
    check(!gate::http::prefers_openmetrics(all + ",application/openmetrics-text;q=2"), "one is malformed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_body(text);
    read_accept(text);
    read_addresses(text);
    static const gate::config::config options;
    check(!gate::app::explain_head(options, text).text.empty(), "an explanation is said");
    return 0;
}
