#include <gate/core/frame_pool.hpp>
#include <gate/protocol/http1_outbound.hpp>
#include <gate/protocol/http1_reuse.hpp>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace gate::protocol {

using core::reason;

namespace {

constexpr head_search bad_response{.failure = reason::upstream_bad_response};

}  // namespace

http1_outbound::http1_outbound(const http1_upstream& of, net::connection_pool::lease&& lease) noexcept
    : lease_(std::move(lease)),
      bytes_(*lease_),
      limits_(of.limits_),
      writer_(bytes_),
      reader_(bytes_, of.blocks_),
      finder_(limits_.head) {}

sent http1_outbound::try_send_head(const request_text& head, const outgoing& first) {
    verb_ = head.verb;
    names_a_user_ = head.names_a_user;
    struct wiped_at_end {  // also when there is no memory for what could not be sent
        const request_text& head;
        ~wiped_at_end() {
            if (head.is_secret) ::explicit_bzero(head.text.data(), head.text.size());
        }
    };
    const wiped_at_end wiped{head};
    if (head.is_secret) writer_.keep_secret();
    return writer_.send_head(head.text, head.framing.kind, first);
}

// It may have answered before it left, and if it has not left, it learns that nothing more comes.
void http1_outbound::stop_sending() noexcept {
    bytes_.shutdown_send();
    bytes_.expect_more();
}

bool http1_outbound::begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) {
    return bytes_.begin_wait(net::direction::write, call, self, until);
}

bool http1_outbound::begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) {
    return bytes_.begin_wait(net::direction::read, call, self, until);
}

head_search http1_outbound::received_head(response& out) {
    finder_ = http::head_finder(limits_.head);
    return take_head(out);
}

head_search http1_outbound::read_head(response& out) {
    const auto block = reader_.memory().span();
    if (received_ == block.size()) {
        std::memmove(block.data(), block.data() + parsed_, received_ - parsed_);
        received_ -= std::exchange(parsed_, 0);
    }
    const auto got = bytes_.try_read(block.subspan(received_));
    if (got.would_block()) return {};
    if (!got.ok()) return {.failure = reason_of_no_head(got)};
    received_ += got.bytes;
    any_byte_ = true;
    return take_head(out);
}

// A broken TLS connection that has never carried a response has not been made: see note_tls_failure().
reason http1_outbound::reason_of_no_head(const net::io_result& got) noexcept {
    if (got.eof && received_ > parsed_) return reason::upstream_truncated;
    if (got.error != EPROTO || lease_.is_reused() || any_byte_) return reason::upstream_reset;
    lease_.note_tls_failure();
    return reason::upstream_tls_failed;
}

head_search http1_outbound::take_head(response& out) {
    const auto came = unparsed();
    const std::string_view input(came.data(), came.size());
    const auto size = finder_.find(input);
    if (!size) return bad_response;
    if (*size == 0) {
        bytes_.expect_more();  // a reset may have come together with what was read
        return {};
    }
    if (!http::parse_response_head(input.substr(0, *size), limits_.head, out.head)) return bad_response;
    parsed_ += *size;
    http::read_connection_options(out.head, out.connection);
    const auto framing = http::response_framing(out.head, verb_);
    if (!framing) return bad_response;
    out.framing = *framing;
    if (out.head.status < 200) return {.is_found = true};
    persists_ = may_follow(out, names_a_user_);
    reader_.begin(out.framing, limits_.chunks, came.subspan(*size), ~std::size_t{0});
    return {.is_found = true};
}

// Rule 21: only what was read to its end, with nothing left over, after a request that was sent to its end.
void http1_outbound::finish(core::time_point now, bool may_keep) {
    const bool is_clean = persists_ && reader_.is_done() && reader_.rest().empty() && is_sent();
    if (is_clean && may_keep && !bytes_.is_cut()) lease_.give_back(now);
}

raw_end http1_outbound::take_over() {
    return {&bytes_, {unparsed().data(), unparsed().size()}};
}

void http1_outbound::leave() noexcept {
    this->~http1_outbound();
    core::free_frame(this, sizeof(http1_outbound));
}

// The frames of coroutines, which a place is taken from, are aligned like that.
static_assert(alignof(http1_outbound) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

outbound_pointer http1_upstream::place_on(net::connection_pool::lease&& lease) {
    void* const memory = core::allocate_frame(sizeof(http1_outbound));
    return outbound_pointer(new (memory) http1_outbound(*this, std::move(lease)));
}

outbound_pointer http1_upstream::lease_idle(net::party* holder) {
    auto leased = pool_->lease_idle(holder);
    if (!leased) return nullptr;
    return place_on(std::move(leased));
}

core::task<core::result<outbound_pointer>> http1_upstream::lease(net::connection_pool::preference which,
                                                                 net::party* holder) {
    auto leased = co_await pool_->lease_connection(which, holder);
    if (!leased) co_return leased.error();
    auto made = place_on(std::move(*leased));
    co_return made;
}

}  // namespace gate::protocol
