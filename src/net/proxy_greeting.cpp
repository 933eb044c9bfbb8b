#include <gate/net/proxy_greeting.hpp>

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace gate::net {
namespace {

proxy_header broken_after(std::size_t received) noexcept {
    return {.outcome = proxy_header::state::broken, .size = received};
}

// Only looks: what follows the header belongs to TLS, or to a request.
ssize_t peek(stream& from, std::span<char> into) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(from.socket().native_handle(), into.data(), into.size(), MSG_PEEK | MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    return got;
}

// Bytes of which peek() has told.
bool take(stream& from, std::span<char> into) noexcept {
    const auto got = from.try_read(into);
    return got.ok() && got.bytes == into.size();
}

}  // namespace

core::task<proxy_header> receive_proxy_header(stream& from, core::time_point until) {
    std::array<char, proxy_header::longest> room;
    const std::span<char> all(room);
    std::size_t filled = 0;
    while (!from.is_cut() && filled < room.size()) {
        const auto seen = peek(from, all.subspan(filled));
        if (seen == 0 || (seen < 0 && errno != EAGAIN)) co_return broken_after(filled);
        if (seen < 0) {
            // The next byte is of the header, too: a read that finds nothing is what makes the stream wait.
            const auto next = from.try_read(all.subspan(filled, 1));
            if (next.ok()) ++filled;
            if (!next.ok() && !next.would_block()) co_return broken_after(filled);
            if (next.would_block()) {
                const auto status = co_await from.readable(until);
                if (status != wait_status::ready) co_return broken_after(filled);
                continue;
            }
        }
        const auto here = filled + (seen < 0 ? 0 : static_cast<std::size_t>(seen));
        auto header = read_proxy_header({room.data(), here});
        if (header.outcome == proxy_header::state::broken) co_return broken_after(here);
        const bool is_whole = header.outcome == proxy_header::state::complete;
        const auto end = is_whole ? header.size : here;
        if (end > filled && !take(from, all.subspan(filled, end - filled))) co_return broken_after(here);
        filled = end;
        if (!is_whole) continue;
        from.expect_more();
        co_return header;
    }
    co_return broken_after(filled);
}

}  // namespace gate::net
