#include <gate/app/proxy_header_notes.hpp>

#include <exception>
#include <string_view>

namespace gate::app {
namespace {

// Empty: not worth a line.
std::string_view line_about(telemetry::proxy_header_outcome how) noexcept {
    using outcome = telemetry::proxy_header_outcome;
    switch (how) {
        case outcome::untrusted: return "a connection was closed: its address is not in proxy_protocol_from";
        case outcome::error: return "a connection was closed: it does not begin with a valid PROXY header";
        case outcome::timeout: return "a connection was closed: its PROXY header did not come in time";
        case outcome::ok:
        case outcome::refused: break;
    }
    return {};
}

}  // namespace

void proxy_header_notes::note(outcome how, const net::remote& from, core::time_point now) noexcept {
    metrics_.count_proxy_header(listener_, how);
    const auto line = line_about(how);
    if (line.empty()) return;
    const auto left_out = paces_[telemetry::index_of(how)].next(now);
    if (!left_out) return;
    try {
        events_.warn(line, {{"listener", name_},
                            {"network.peer.address", from.is_unix ? "unix" : net::to_text(from.address)},
                            {"connections_not_logged", *left_out}});
    } catch (const std::exception&) {  // want of memory
        return;
    }
}

}  // namespace gate::app
