// How a session comes by the head of a request.
#include <gate/proxy/session.hpp>

#include <algorithm>
#include <cstring>

namespace gate::proxy {

using core::reason;

namespace {

// What old clients send after a body (RFC 9112 2.2) begins no request.
bool is_empty_line(std::string_view received) noexcept {
    return received == "\r\n";
}

// The body is sent from the block that it has come in, if it is large.
std::size_t part_to_copy(std::string_view received, const http::head_limits& limits) {
    if (received.size() <= protocol::arrival_block::large) return received.size();
    const auto head = http::head_finder(limits).find(received);
    const bool has_large_rest =
        head && *head != 0 && received.size() - *head > protocol::arrival_block::large;
    return has_large_rest ? *head : received.size();
}

}  // namespace

// Reads into memory that all sessions share, and takes memory of its own only if something has come.
session::first_byte session::look_for_request() {
    auto block = resources_.blocks.take();
    const auto most = limits().head_size;
    auto got = downstream_.try_read(block.span().first(most));
    while (got.ok() && is_empty_line({block.data(), got.bytes})) {
        if (!downstream_.may_have_more()) return first_byte::nothing;
        got = downstream_.try_read(block.span().first(most));
    }
    if (got.would_block()) return first_byte::nothing;
    if (!got.ok()) return first_byte::end;
    const auto copied = part_to_copy({block.data(), got.bytes}, resources_.current->shared->head_limits);
    try {
        memory_ = resources_.memories.take();
        memory_->assign({block.data(), copied});
    } catch (...) {  // want of memory
        ::explicit_bzero(block.data(), got.bytes);
        throw;
    }
    resources_.arrival.put(std::move(block), got.bytes, copied);
    return first_byte::request;
}

// Before others use the memory that it was read into.
void session::forget_request() {
    resources_.arrival.forget();
    if (memory_) resources_.memories.give_back(std::move(memory_));
}

// What becomes of a connection from which no request has been read.
protocol::afterwards session::look_further() {
    if (downstream_.may_have_more() && look_for_request() == first_byte::end) return afterwards::close;
    return memory_ || !resources_.draining ? afterwards::keep : afterwards::close;
}

// The size of the head at the beginning of memory_, once it is whole. client_gone: there will be none.
core::task<core::result<std::size_t>> session::read_head() {
    if (resources_.arrival.has_rest()) return memory_->filled;  // the head, and no more, has been copied
    http::head_finder finder(resources_.current->shared->head_limits);
    const auto found = finder.find(memory_->received());
    if (!found || *found > 0) return found;
    return read_rest_of_head(finder);
}

core::task<core::result<std::size_t>> session::read_rest_of_head(http::head_finder finder) {
    resources_.arrival.forget();
    const auto until = started_ + limits().header_timeout;
    for (;;) {
        if (!may_read_more()) co_return reason::head_too_large;
        const auto got = downstream_.try_read(memory_->room());
        if (got.would_block()) {
            resources_.idle.add(*this, started_);
            const auto status = co_await downstream_.readable(until);
            if (status == net::wait_status::timed_out) co_return reason::head_timeout;
            if (status == net::wait_status::cancelled) co_return reason::client_gone;
            continue;
        }
        if (got.error != 0) co_return reason::client_gone;
        if (got.eof) co_return memory_->filled == 0 ? reason::client_gone : reason::bad_request_line;
        memory_->filled += got.bytes;
        head_came_ = core::clock::now();
        const auto found = finder.find(memory_->received());
        if (!found || *found > 0) co_return found;
    }
}

// Makes room for more of a head; false when it is as large as one may be.
bool session::may_read_more() {
    if (!memory_->room().empty()) return true;
    const auto most = limits().head_size;
    if (memory_->capacity >= most) return false;
    memory_->reserve(std::min(memory_->capacity * 2, most));
    return true;
}

// Moves what follows the request to the front: the next request has begun. Gives the memory back if
// nothing does.
void session::carry_over() {
    memory_->begin_next();
    if (memory_->filled == 0 || is_empty_line(memory_->received()))
        resources_.memories.give_back(std::move(memory_));
}

}  // namespace gate::proxy
