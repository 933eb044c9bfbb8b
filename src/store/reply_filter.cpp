#include <gate/store/reply_filter.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace gate::store {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t item_cost = 64;

std::optional<std::int64_t> number_in(std::string_view digits) {
    std::int64_t out = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (ec != std::errc() || end != digits.data() + digits.size()) return {};
    return out;
}

}  // namespace

bool reply_filter::pass(std::string_view bytes, std::string& out) {
    while (!bytes.empty()) {
        if (text_left_ > 0) {
            const auto size = static_cast<std::size_t>(
                std::min<std::int64_t>(text_left_, static_cast<std::int64_t>(bytes.size())));
            if (text_is_kept_) out.append(bytes.substr(0, size));
            bytes.remove_prefix(size);
            text_left_ -= static_cast<std::int64_t>(size);
            if (text_left_ > 0) continue;
            if (!text_is_kept_ && !keep(replacement, out)) return false;
            end_item(out);
            continue;
        }
        // A line ends with its line feed; what is before is at most a few hundred bytes.
        const auto feed = bytes.find('\n');
        const auto piece = bytes.substr(0, feed);
        const auto room = longest_line - std::min(longest_line, line_.size());
        line_.append(piece.substr(0, room));
        line_is_cut_ = line_is_cut_ || piece.size() > room;
        if (feed == std::string_view::npos) return !line_is_cut_ || line_[0] == '+' || line_[0] == '-';
        bytes.remove_prefix(feed + 1);
        if (!take_line(out)) return false;
        line_.clear();
        line_is_cut_ = false;
    }
    return true;
}

bool reply_filter::take_line(std::string& out) {
    if (!line_is_cut_) {
        if (!line_.ends_with('\r')) return false;
        line_.pop_back();
    }
    if (line_.empty()) return false;
    const std::string_view rest = std::string_view(line_).substr(1);
    switch (line_[0]) {
        case '+':
        case '-':
            if (rest.find('\r') != std::string_view::npos) return false;
            if (!keep(line_, out) || !keep(line_end, out)) return false;
            end_item(out);
            return true;
        case ':':
            if (line_is_cut_ || !number_in(rest)) return false;
            if (!keep(line_, out) || !keep(line_end, out)) return false;
            end_item(out);
            return true;
        case '$':
        case '*': {
            const auto size = number_in(rest);
            if (line_is_cut_ || !size || *size < -1 || *size > longest_text) return false;
            return line_[0] == '$' ? take_text(*size, out) : take_list(*size, out);
        }
        default: return false;
    }
}

bool reply_filter::take_text(std::int64_t size, std::string& out) {
    if (size < 0) {
        if (!keep("$-1\r\n", out)) return false;
        end_item(out);
        return true;
    }
    text_left_ = size + static_cast<std::int64_t>(line_end.size());
    text_is_kept_ = !is_skipping() && size <= static_cast<std::int64_t>(limits_.text);
    if (!text_is_kept_) return true;  // the replacement follows when all of it has come
    kept_ += static_cast<std::size_t>(size);
    return keep(line_, out) && keep(line_end, out);
}

bool reply_filter::take_list(std::int64_t size, std::string& out) {
    if (size <= 0) {
        if (!keep(line_, out) || !keep(line_end, out)) return false;
        end_item(out);
        return true;
    }
    if (depth_ == left_.size()) return false;
    const auto most = static_cast<std::int64_t>(most_items());
    const bool fits = size <= most;
    if (fits && !(keep(line_, out) && keep(line_end, out))) return false;
    left_[depth_++] = size;
    if (!fits && !is_skipping()) skipped_depth_ = depth_;
    return true;
}

// Of a list that is opened here.
std::size_t reply_filter::most_items() const noexcept {
    if (depth_ >= 4) return limits_.deep_list;
    return depth_ >= 2 ? limits_.inner_list : limits_.list;
}

// Of a list that is skipped, nothing is kept.
bool reply_filter::keep(std::string_view bytes, std::string& out) {
    if (is_skipping()) return true;
    if (bytes != line_end) kept_ += item_cost;
    if (kept_ > limits_.reply) return false;
    out.append(bytes);
    return true;
}

// What replaces a list comes at its end, so that no reply is whole before all of it has been read.
void reply_filter::end_item(std::string& out) {
    while (depth_ > 0 && --left_[depth_ - 1] == 0) {
        if (skipped_depth_ == depth_) {
            skipped_depth_ = 0;
            out.append(replacement);
        }
        --depth_;
    }
    if (depth_ == 0) kept_ = 0;
}

}  // namespace gate::store
