#include "field_line.hpp"

#include <gate/http/chunk.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace gate::http {
namespace {

// Sixteen digits, the first below 8: what a signed 64-bit number holds.
constexpr std::size_t most_digits = 16;
constexpr std::uint64_t largest_before_last_digit = 0x07ff'ffff'ffff'ffff;

}  // namespace

core::result<chunk_decoder::step> chunk_decoder::decode(std::string_view input) {
    step out;
    while (out.consumed < input.size() && state_ != state::done) {
        const auto rest = input.substr(out.consumed);
        if (state_ == state::data) {
            out.data = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
            out.consumed += out.data.size();
            left_ -= out.data.size();
            if (left_ == 0) state_ = state::data_cr;
            return out;
        }
        if (state_ == state::trailer) {
            out.consumed += take_trailer(rest);
        } else {
            if (!take(rest.front())) state_ = state::failed;
            ++out.consumed;
        }
        if (state_ == state::failed) return core::reason::bad_chunk;
    }
    out.done = state_ == state::done;
    return out;
}

bool chunk_decoder::take(char c) noexcept {
    switch (state_) {
        case state::size: return take_size(c);
        case state::size_lf:
        case state::data_cr:
        case state::data_lf: return take_line_end(c);
        case state::failed: return false;
        default: return ++extension_ <= limits_.extension + (c == '\r' ? 1 : 0) && take_extension(c);
    }
}

bool chunk_decoder::take_size(char c) noexcept {
    const unsigned digit = hex_value(c);
    if (digit <= 15) {
        if (++digits_ > most_digits || size_ > largest_before_last_digit) return false;
        size_ = size_ * 16 + digit;
        return true;
    }
    if (digits_ == 0) return false;
    extension_ = 1;
    if (c == '\r') {
        state_ = state::size_lf;
        return true;
    }
    state_ = c == ';' ? state::before_name : state::before_semicolon;
    return (c == ';' || is_blank(c)) && extension_ <= limits_.extension;
}

bool chunk_decoder::take_extension(char c) noexcept {
    const auto go = [this](state next) {
        state_ = next;
        return true;
    };
    switch (state_) {
        case state::before_semicolon:
            if (is_blank(c)) return true;
            return c == ';' && go(state::before_name);
        case state::before_name:
            if (is_blank(c)) return true;
            return is_token(c) && go(state::name);
        case state::name:
            if (is_token(c)) return true;
            if (is_blank(c)) return go(state::after_name);
            [[fallthrough]];
        case state::after_name:
            if (is_blank(c)) return true;
            if (c == '=') return go(state::before_value);
            if (c == '\r') return state_ == state::name && go(state::size_lf);
            return c == ';' && go(state::before_name);
        case state::before_value:
            if (is_blank(c)) return true;
            if (c == '"') return go(state::quoted);
            return is_token(c) && go(state::value);
        case state::value:
            if (is_token(c)) return true;
            if (is_blank(c)) return go(state::before_semicolon);
            [[fallthrough]];
        case state::after_quoted:
            if (is_blank(c)) return go(state::before_semicolon);
            if (c == '\r') return go(state::size_lf);
            return c == ';' && go(state::before_name);
        case state::quoted:
            if (c == '"') return go(state::after_quoted);
            if (c == '\\') return go(state::quoted_pair);
            return has_class(c, char_class::quoted);
        case state::quoted_pair: return has_class(c, char_class::value) && go(state::quoted);
        default: return false;
    }
}

bool chunk_decoder::take_line_end(char c) noexcept {
    if (state_ == state::data_cr) {
        state_ = state::data_lf;
        return c == '\r';
    }
    if (c != '\n') return false;
    if (state_ == state::data_lf) {
        state_ = state::size;
    } else {
        state_ = size_ == 0 ? state::trailer : state::data;
        left_ = size_;
    }
    size_ = digits_ = 0;
    return true;
}

// Takes up to one line of the trailer section; returns how much.
std::size_t chunk_decoder::take_trailer(std::string_view input) {
    const auto lf = input.find('\n');
    const std::size_t size = lf == std::string_view::npos ? input.size() : lf + 1;
    if (trailers_.size() + size > limits_.trailers + chunk_end.size()) {
        state_ = state::failed;
        return 0;
    }
    trailers_.append(input.substr(0, size));
    if (lf != std::string_view::npos && !end_trailer_line()) state_ = state::failed;
    return size;
}

bool chunk_decoder::end_trailer_line() {
    const auto line = std::string_view(trailers_).substr(trailer_line_);
    if (line == "\r\n") {
        trailers_.resize(trailer_line_);
        state_ = state::done;
        return true;
    }
    if (!line.ends_with("\r\n")) return false;
    trailer_line_ = trailers_.size();
    field ignored;
    return read_field_line(line.data(), line.data() + line.size(), ignored) == line.data() + line.size();
}

chunk_size_line::chunk_size_line(std::uint64_t bytes) noexcept {
    assert(bytes != 0 && "an empty chunk ends the body");
    char* const end = std::to_chars(text, text + 16, bytes, 16).ptr;
    end[0] = '\r';
    end[1] = '\n';
    size = static_cast<std::size_t>(end - text) + 2;
}

}  // namespace gate::http
