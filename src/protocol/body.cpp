#include <gate/protocol/body.hpp>

#include <algorithm>
#include <cstring>

namespace gate::protocol {

core::result<body_decoder::piece> body_decoder::decode(std::span<char> input) {
    if (done_) return piece{{}, input};
    switch (framing_.kind) {
        case http::body_kind::chunked: return decode_chunks(input);
        case http::body_kind::until_close: return piece{input, {}};
        default: break;
    }
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    left_ -= taken;
    done_ = left_ == 0;
    return piece{input.first(taken), input.subspan(taken)};
}

core::result<body_decoder::piece> body_decoder::decode_chunks(std::span<char> input) {
    std::size_t read = 0;
    std::size_t kept = 0;
    while (read < input.size() && !done_) {
        const auto step = chunks_.decode({input.data() + read, input.size() - read});
        if (!step) return step.error();
        if (!step->data.empty()) {
            // Where nothing but data has come so far, it is in its place already.
            if (step->data.data() != input.data() + kept) {
                std::memmove(input.data() + kept, step->data.data(), step->data.size());
            }
            kept += step->data.size();
        }
        read += step->consumed;
        done_ = step->done;
        if (step->consumed == 0) break;
    }
    return piece{input.first(kept), done_ ? input.subspan(read) : std::span<char>{}};
}

bool body_decoder::end() noexcept {
    if (framing_.kind == http::body_kind::until_close) done_ = true;
    return done_;
}

void gather::consume(std::size_t written) noexcept {
    bytes -= written;
    std::size_t first = 0;
    while (first < count && written >= pieces[first].iov_len) written -= pieces[first++].iov_len;
    if (first < count) {
        pieces[first].iov_base = static_cast<char*>(pieces[first].iov_base) + written;
        pieces[first].iov_len -= written;
    }
    std::copy(pieces.begin() + static_cast<std::ptrdiff_t>(first),
              pieces.begin() + static_cast<std::ptrdiff_t>(count), pieces.begin());
    count -= first;
}

// Calls `out` with each part in its order.
template <class Out>
void body_encoder::put(std::string_view data, bool last, std::string_view trailers, Out out) {
    if (kind_ != http::body_kind::chunked) {
        if (!data.empty()) out(data);
        return;
    }
    if (!data.empty()) {
        size_line_ = http::chunk_size_line(data.size());
        out(size_line_.view());
        out(data);
    }
    if (!last) {
        if (!data.empty()) out(http::chunk_end);
    } else if (trailers.empty()) {
        out(data.empty() ? http::last_chunk : std::string_view("\r\n0\r\n\r\n"));
    } else {
        out(data.empty() ? std::string_view("0\r\n") : std::string_view("\r\n0\r\n"));
        out(trailers);
        out(http::chunk_end);
    }
}

void body_encoder::encode(std::string_view data, bool last, std::string_view trailers, gather& out) {
    put(data, last, trailers, [&out](std::string_view part) { out.add(part); });
}

void body_encoder::append(std::string_view data, bool last, std::string_view trailers, std::string& out) {
    put(data, last, trailers, [&out](std::string_view part) { out += part; });
}

}  // namespace gate::protocol
