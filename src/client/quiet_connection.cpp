#include <gate/client/failure.hpp>
#include <gate/client/quiet_connection.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>

namespace gate::client {
namespace {

namespace http = boost::beast::http;

constexpr int max_interim_responses = 4;

bool is_interim(unsigned status) {
    return status >= 100 && status <= 199 && status != 101;
}

bool is_refusal(unsigned status) {
    return status >= 400 && status <= 599;
}

// With both framings the end of the response depends on the reader: read, but never followed by another one.
// Where only interim responses came, the one that counts is still to come, and would be the next call's.
template <class Parser>
bool is_persistent(const Parser& with_head) {
    const auto& head = with_head.get();
    const bool ambiguous =
        head.count(http::field::transfer_encoding) != 0 && head.count(http::field::content_length) != 0;
    const bool is_final = head.result_int() >= 200;
    return is_final && with_head.keep_alive() && !ambiguous;
}

}  // namespace

// Up to the end of the head first: what Beast reads of a trailer later, it adds to the fields of the head.
core::task<core::error_code> quiet_connection::read(connection& from, parser& into, response_bounds bounds,
                                                    early_answers early, answered& out) {
    core::error_code ec;
    while (!into.is_done()) {
        if (from.buffer_.size() == 0) {
            const auto failure = co_await from.fill();
            if (failure == core::asio::error::eof && into.got_some()) into.put_eof(ec);
            if (failure) co_return into.is_done() ? core::error_code{} : failure;
        }
        if (!out.any_byte) out.is_early = out.is_early || from.owes_acknowledgement();
        if (out.is_early && early == early_answers::are_faults) co_return unasked_bytes();
        out.any_byte = true;
        from.buffer_.consume(into.put(from.buffer_.data(), ec));
        if (ec == http::error::need_more) {
            // An unfinished line stays in the buffer, and so does an unfinished trailer: read on after it.
            if (from.buffer_.size() >= bounds.head) co_return make_error_code(http::error::header_limit);
            ec = {};
            if (const auto failure = co_await from.fill()) co_return failure;
        }
        if (ec) co_return ec;
        if (into.is_header_done() && !into.eager()) {
            out.answer.head = into.get().base();
            from.is_persistent_ = is_persistent(into);
            into.eager(true);
        }
    }
    co_return core::error_code{};
}

core::task<core::result<quiet_connection>> quiet_connection::settle(std::unique_ptr<connection> idle,
                                                                    core::time_point deadline) {
    core::timer timer(idle->socket().get_executor());
    for (;;) {
        const auto settles_at = idle->settles_at();
        if (core::clock::now() < settles_at) {
            timer.expires_at(std::min(settles_at, deadline));
            co_await timer.async_wait(core::use_task);
            if (core::clock::now() < settles_at) co_return core::error_code(core::asio::error::timed_out);
        }
        if (const auto noise = idle->look()) co_return noise;
        if (idle->settles_at() == settles_at) co_return quiet_connection(std::move(idle));
    }
}

core::task<answered> quiet_connection::ask(quiet_connection quiet, std::string_view request,
                                           response_bounds bounds, early_answers early) {
    auto own = std::move(quiet.own_);
    answered out;
    out.asked = core::clock::now();
    const auto unsent = co_await own->send(request);
    out.failure = unsent;
    if (unsent && early == early_answers::are_faults) co_return out;
    out.is_early = static_cast<bool>(unsent);
    for (int i = 0; i <= max_interim_responses; ++i) {
        parser one;
        one.header_limit(bounds.head);
        one.body_limit(bounds.body);
        out.failure = co_await read(*own, one, bounds, early, out);
        if (out.failure && unsent) out.failure = unsent;
        if (out.failure) co_return out;
        out.answer.body = std::move(one.get().body());
        if (!is_interim(out.answer.head.result_int())) break;
    }
    if (out.is_early) {
        if (!is_refusal(out.answer.head.result_int())) out.failure = unsent ? unsent : unasked_bytes();
        co_return out;
    }
    own->rest();
    // Bytes after the response: their origin is unknown.
    const bool has_leftovers = own->buffer_.size() != 0;
    if (own->is_persistent_ && !has_leftovers) out.reusable = std::move(own);
    co_return out;
}

}  // namespace gate::client
