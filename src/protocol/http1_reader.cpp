#include <gate/protocol/http1_reader.hpp>

#include <algorithm>
#include <utility>

namespace gate::protocol {

body_piece http1_reader::received() {
    return decode(std::exchange(came_, {}));
}

body_piece http1_reader::read() {
    using state = body_piece::state;
    const auto wanted = room();
    const auto block_for = small_reads_ > 0 ? 0 : wanted;
    if (!block_ || small_reads_ > 0 || blocks_.has_larger(block_, block_for)) {
        block_.release();
        block_ = blocks_.take_for(block_for);
    }
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, block_.size()));
    const auto got = bytes_.try_read(block_.span().first(most));
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

// As much of the body as a block may hold: each system call costs, whatever it reads.
std::uint64_t http1_reader::room() const noexcept {
    constexpr std::uint64_t most = 1U << 30;
    const auto certain = std::min(most, decoder_->certain());
    const auto beyond = std::min<std::uint64_t>(most, most_beyond_);
    return std::min(certain + beyond, decoder_->wanted());
}

body_piece http1_reader::decode(std::span<char> input) {
    const auto piece = decoder_->decode(input);
    if (!piece) return {.received = input.size(), .outcome = body_piece::state::malformed};
    rest_ = piece->rest;
    return {.data = piece->data, .received = input.size(), .is_last = decoder_->is_done()};
}

}  // namespace gate::protocol
