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
    while (!bytes.empty())
        if (!(text_left_ > 0 ? pass_text(bytes, out) : pass_line(bytes, out))) return false;
    return true;
}

bool reply_filter::pass_text(std::string_view& bytes, std::string& out) {
    const auto size =
        static_cast<std::size_t>(std::min<std::int64_t>(text_left_, static_cast<std::int64_t>(bytes.size())));
    if (text_is_kept_) out.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    text_left_ -= static_cast<std::int64_t>(size);
    if (text_left_ > 0) return true;
    if (!text_is_kept_ && !keep(replacement, out)) return false;
    end_item(out);
    return true;
}

// A line ends with its line feed; what is before is at most a few hundred bytes.
bool reply_filter::pass_line(std::string_view& bytes, std::string& out) {
    const auto feed = bytes.find('\n');
    const auto piece = bytes.substr(0, feed);
    const bool has_end = feed != std::string_view::npos;
    bytes.remove_prefix(has_end ? feed + 1 : bytes.size());
    if (has_end && line_.empty() && piece.size() <= longest_line) return take_line(piece, out);
    const auto room = longest_line - std::min(longest_line, line_.size());
    line_.append(piece.substr(0, room));
    line_is_cut_ = line_is_cut_ || piece.size() > room;
    if (!has_end) return !line_is_cut_ || line_[0] == '+' || line_[0] == '-';
    if (!take_line(line_, out)) return false;
    line_.clear();
    line_is_cut_ = false;
    return true;
}

bool reply_filter::take_line(std::string_view line, std::string& out) {
    if (!line_is_cut_) {
        if (!line.ends_with('\r')) return false;
        line.remove_suffix(1);
    }
    if (line.empty()) return false;
    const auto rest = line.substr(1);
    switch (line[0]) {
        case '+':
        case '-':
            if (rest.find('\r') != std::string_view::npos) return false;
            if (!keep(line, out)) return false;
            end_item(out);
            return true;
        case ':':
            if (line_is_cut_ || !number_in(rest)) return false;
            if (!keep(line, out)) return false;
            end_item(out);
            return true;
        case '$':
        case '*': {
            const auto size = number_in(rest);
            if (line_is_cut_ || !size || *size < -1 || *size > longest_text) return false;
            return line[0] == '$' ? take_text(line, *size, out) : take_list(line, *size, out);
        }
        default: return false;
    }
}

bool reply_filter::take_text(std::string_view line, std::int64_t size, std::string& out) {
    if (size < 0) {
        if (!keep("$-1", out)) return false;
        end_item(out);
        return true;
    }
    text_left_ = size + static_cast<std::int64_t>(line_end.size());
    text_is_kept_ = !is_skipping() && size <= static_cast<std::int64_t>(limits_.text);
    if (!text_is_kept_) return true;  // the replacement follows when all of it has come
    kept_ += static_cast<std::size_t>(size);
    return keep(line, out);
}

bool reply_filter::take_list(std::string_view line, std::int64_t size, std::string& out) {
    if (size <= 0) {
        if (!keep(line, out)) return false;
        end_item(out);
        return true;
    }
    if (depth_ == left_.size()) return false;
    const auto most = static_cast<std::int64_t>(most_items());
    const bool fits = size <= most;
    if (fits && !keep(line, out)) return false;
    left_[depth_++] = size;
    if (!fits && !is_skipping()) skipped_depth_ = depth_;
    return true;
}

// Of a list that is opened here.
std::size_t reply_filter::most_items() const noexcept {
    if (depth_ >= 4) return limits_.deep_list;
    return depth_ >= 2 ? limits_.inner_list : limits_.list;
}

// With the end of the line. Of a list that is skipped, nothing is kept.
bool reply_filter::keep(std::string_view line, std::string& out) {
    if (is_skipping()) return true;
    kept_ += item_cost;
    if (kept_ > limits_.reply) return false;
    out.append(line).append(line_end);
    return true;
}

// What replaces a list comes at its end, so that no reply is whole before all of it has been read.
void reply_filter::end_item(std::string& out) {
    while (depth_ > 0 && --left_[depth_ - 1] == 0) {
        if (skipped_depth_ == depth_) {
            skipped_depth_ = 0;
            out.append(replacement).append(line_end);
        }
        --depth_;
    }
    if (depth_ == 0) kept_ = 0;
}

}  // namespace gate::store
