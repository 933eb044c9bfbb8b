// Any bytes as the beginning of a connection from a load balancer.
#include "check.hpp"

#include <gate/net/proxy_header.hpp>

#include <cstdint>

using namespace gate;
using net::proxy_header;
using net::read_proxy_header;
using state = net::proxy_header::state;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view received(reinterpret_cast<const char*>(data), size);
    const auto whole = read_proxy_header(received);
    fuzz::check(whole.outcome != state::incomplete || size < proxy_header::longest, "it ends at some time");
    if (whole.outcome == state::complete) {
        fuzz::check(whole.size <= size && whole.size <= proxy_header::longest, "it has been received");
        fuzz::check(read_proxy_header(received.substr(0, whole.size)).client == whole.client,
                    "what follows makes no difference");
        fuzz::check(read_proxy_header(received.substr(0, whole.size - 1)).outcome == state::incomplete,
                    "nothing is left out");
    }
    return 0;
}
