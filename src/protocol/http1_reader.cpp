#include <gate/protocol/http1_reader.hpp>

#include <algorithm>
#include <utility>

namespace gate::protocol {

body_piece http1_reader::received() {
    return decode(std::exchange(came_, {}));
}

body_piece http1_reader::read() {
    using state = body_piece::state;
    if (!block_) block_ = blocks_.take();
    const auto room =
        static_cast<std::size_t>(std::min<std::uint64_t>({block_.size(), read_limit_, decoder_->wanted()}));
    const auto got = bytes_.try_read(block_.span().first(room));
    if (got.would_block()) {
        block_.release();
        return {.outcome = state::blocked};
    }
    if (got.was_cut()) return {.outcome = state::cut};
    if (got.error != 0) return {.outcome = state::failed};
    if (!got.eof) return decode(block_.span().first(got.bytes));
    if (!decoder_->end()) return {.outcome = state::ended};
    return {.is_last = true};
}

body_piece http1_reader::decode(std::span<char> input) {
    const auto piece = decoder_->decode(input);
    if (!piece) return {.received = input.size(), .outcome = body_piece::state::malformed};
    rest_ = piece->rest;
    return {.data = piece->data, .received = input.size(), .is_last = decoder_->is_done()};
}

}  // namespace gate::protocol
