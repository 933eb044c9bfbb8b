#include "message_reader.hpp"

#include <algorithm>
#include <charconv>

#include <string.h>
#include <strings.h>

namespace bench {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

// Where the head ends, after its empty line; npos where it does not. memmem is several times as fast as find.
std::size_t head_length(std::string_view in) {
    const void* end = memmem(in.data(), in.size(), end_of_head.data(), end_of_head.size());
    if (end == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(end) - in.data()) + end_of_head.size();
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string_view field(std::string_view head, std::string_view name) {
    for (std::size_t at = 0; at < head.size();) {
        const void* found = memchr(head.data() + at, '\n', head.size() - at);
        if (found == nullptr) break;
        const auto line =
            head.substr(at, static_cast<std::size_t>(static_cast<const char*>(found) - head.data()) - at);
        at += line.size() + 1;
        if (line.size() <= name.size() || (line[0] | 0x20) != name[0] || line[name.size()] != ':') continue;
        if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        auto value = line.substr(name.size() + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        return value.substr(0, value.find('\r'));
    }
    return {};
}

void message_reader::feed(std::string_view bytes, message_sink& sink) {
    while (!bytes.empty()) {
        if (next_ == part::head) {
            bytes = take_head(bytes, sink);
        } else if (next_ == part::body || next_ == part::chunk) {
            bytes = take_body(bytes, sink);
        } else {
            bytes = take_line(bytes, sink);
        }
    }
}

std::string_view message_reader::take_head(std::string_view in, message_sink& sink) {
    if (partial_.empty()) {
        const auto length = head_length(in);
        if (length == std::string_view::npos) {
            partial_ = in;
            return {};
        }
        expect_body(in.substr(0, length), sink);
        return in.substr(length);
    }
    const auto before = partial_.size();
    partial_ += in;
    const auto length = head_length(partial_);
    if (length == std::string_view::npos) return {};
    partial_.resize(length);
    const auto head = std::move(partial_);
    partial_.clear();
    expect_body(head, sink);
    return in.substr(length - before);
}

void message_reader::expect_body(std::string_view head, message_sink& sink) {
    sink.on_head(head);
    left_ = 0;
    if (const auto length = field(head, "content-length"); !length.empty()) {
        std::from_chars(length.data(), length.data() + length.size(), left_);
    } else if (!field(head, "transfer-encoding").empty()) {
        next_ = part::chunk_size;
        return;
    }
    next_ = left_ == 0 ? part::head : part::body;
    if (left_ == 0) sink.on_end();
}

std::string_view message_reader::take_body(std::string_view in, message_sink& sink) {
    const auto count = std::min(in.size(), left_);
    left_ -= count;
    const bool is_chunk = next_ == part::chunk;
    if (left_ == 0) next_ = is_chunk ? part::chunk_end : part::head;
    sink.on_body(in.substr(0, count));
    if (left_ == 0 && !is_chunk) sink.on_end();
    return in.substr(count);
}

std::string_view message_reader::take_line(std::string_view in, message_sink& sink) {
    for (std::size_t i = 0; i < in.size(); ++i) {
        const char c = in[i];
        if (c == '\n') {
            on_line(sink);
            return in.substr(i + 1);
        }
        if (c == '\r') continue;
        ++line_length_;
        const int digit = hex_digit(c);
        if (next_ != part::chunk_size || in_extension_) continue;
        if (digit < 0) {
            in_extension_ = true;
        } else {
            left_ = left_ * 16 + static_cast<std::size_t>(digit);
        }
    }
    return {};
}

void message_reader::on_line(message_sink& sink) {
    const bool empty = line_length_ == 0;
    line_length_ = 0;
    in_extension_ = false;
    if (next_ == part::chunk_end) {
        next_ = part::chunk_size;
    } else if (next_ == part::chunk_size) {
        next_ = left_ == 0 ? part::trailer : part::chunk;
    } else if (empty) {
        next_ = part::head;
        sink.on_end();
    }
}

}  // namespace bench
