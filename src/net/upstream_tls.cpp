#include <gate/net/tls_handshake.hpp>
#include <gate/net/upstream_tls.hpp>

#include <utility>

namespace gate::net {
namespace {

using core::reason;

reason reason_of(handshake_result what) noexcept {
    switch (what) {
        case handshake_result::ok: return reason::none;
        case handshake_result::timed_out: return reason::upstream_connect_timeout;
        case handshake_result::untrusted: return reason::upstream_tls_untrusted;
        case handshake_result::misnamed: return reason::upstream_tls_name;
        case handshake_result::refused:
        case handshake_result::failed:
        case handshake_result::cut: break;
    }
    return reason::upstream_tls_failed;
}

}  // namespace

core::task<core::result<void>> secure(stream& on, upstream_tls with, core::time_point until,
                                      tls_failures* told) {
    auto why = reason::upstream_tls_failed;
    if (with.context) {
        const auto outcome = co_await connect_tls(on, with.context, with.server_name, until);
        why = reason_of(outcome);
    }
    if (why == reason::none) co_return core::result<void>();
    if (told != nullptr && why != reason::upstream_connect_timeout) told->note(why, failure_text_of(on));
    co_return why;
}

}  // namespace gate::net
