// How a request is read: its head, and what has come of the body with it.
#include <gate/protocol/http1_inbound.hpp>

#include <cstring>

namespace gate::protocol {

using http::body_kind;

core::result<void> http1_inbound::read_request(std::size_t head_size, const http::reading_rules& rules) {
    auto& facts = memory_.asked;
    if (auto read = http::read_request({memory_.input.get(), head_size}, rules, facts); !read) {
        shared_.arrival.forget();
        return read;
    }
    memory_.may_hold_token = facts.head.has(http::field_id::authorization);
    std::span<char> came(memory_.input.get() + head_size, memory_.filled - head_size);
    if (!shared_.arrival.is_empty()) came = take_arrival(came);
    reader_.begin(facts.framing, {limits_.chunk_extension, limits_.trailer_size},
                  came.first(http::has_body(facts.framing) ? came.size() : 0), limits_.head_size);
    memory_.used = reader_.is_done() ? head_size : memory_.filled;
    persists_ = persists_ && http::is_persistent(facts.head.minor, facts.connection);
    return {};
}

// What has come after the head: `copied`, or else what lies in the block. Of a counted body that has not come
// to its end, all of it is body.
std::span<char> http1_inbound::take_arrival(std::span<char> copied) {
    auto& arrival = shared_.arrival;
    const auto& framing = asked().framing;
    const auto rest = arrival.rest();
    const auto came = rest.empty() ? copied : rest;
    const bool is_all_body = framing.kind == body_kind::counted && framing.length >= came.size();
    if (rest.empty()) {
        arrival.forget(is_all_body ? asked().head.size : memory_.filled);
        return copied;
    }
    if (!http::has_body(framing)) {
        memory_.overflow.assign(rest.data(), rest.size());
        arrival.forget();
        return {};
    }
    reader_.hold(arrival.hand_over());
    if (!is_all_body) unchecked_ = rest;
    return rest;
}

// Before others use the block that it lies in (rule 25).
void http1_inbound::forget_unchecked() noexcept {
    ::explicit_bzero(unchecked_.data(), unchecked_.size());
    unchecked_ = {};
}

void http1_inbound::release() noexcept {
    if (!unchecked_.empty()) forget_unchecked();
    reader_.release();
}

void http1_inbound::keep_early_body() {
    const auto came = reader_.came();
    if (came.empty() || !reader_.holds_block()) return;
    memory_.early_body.assign(came.data(), came.size());
    if (!unchecked_.empty()) forget_unchecked();
    reader_.move_came_to(memory_.early_body);
}

body_piece http1_inbound::received() {
    const auto piece = keep_rest(reader_.received());
    if (piece.outcome == body_piece::state::data) unchecked_ = {};
    return piece;
}

// What lies after the body belongs to the next request.
body_piece http1_inbound::keep_rest(body_piece piece) {
    if (!piece.is_last) return piece;
    const auto rest = reader_.rest();
    if (rest.empty()) return piece;
    memory_.overflow.assign(rest.data(), rest.size());
    ::explicit_bzero(rest.data(), rest.size());
    return piece;
}

}  // namespace gate::protocol
