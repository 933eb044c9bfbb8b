#include <gate/core/hex.hpp>
#include <gate/core/text.hpp>
#include <gate/core/token_mask.hpp>
#include <gate/core/token_text.hpp>

#include <algorithm>
#include <utility>

namespace gate::core {
namespace {

// What is looked for: "agt_", and what it becomes in base64, by where it stands among the groups of three
// bytes. The first and the last character of base64 that also hold bits of a neighbour are left away, or
// stand for all characters that they may be.
struct pattern {
    std::array<std::string_view, 6> characters;  // the ones that may stand at each place
};
constexpr std::array<pattern, 4> patterns{{
    {{"aA", "gG", "tT", "_"}},
    {{"Y", "W", "d", "0", "X", "wxyz0123456789+/-_"}},
    {{"F", "n", "d", "F", "89+/-_"}},
    {{"h", "Z", "3", "R", "f"}},
}};

// Each place of each pattern is one bit; the bits of a pattern follow each other.
struct pattern_bits {
    std::array<std::uint32_t, 256> of{};  // the places at which a character may stand
    std::uint32_t first = 0, last = 0;
    std::array<std::uint32_t, patterns.size()> last_of{};
    std::array<std::uint32_t, patterns.size()> size{};
};

constexpr auto bits = [] {
    pattern_bits made;
    std::uint32_t bit = 1;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        made.first |= bit;
        for (const auto& place : patterns[i].characters) {
            if (place.empty()) break;
            for (const char c : place) made.of[static_cast<unsigned char>(c)] |= bit;
            made.last_of[i] = bit;
            ++made.size[i];
            bit <<= 1;
        }
        made.last |= made.last_of[i];
    }
    return made;
}();

std::uint32_t places_of(char c) noexcept {
    return bits.of[static_cast<unsigned char>(c)];
}

}  // namespace

std::optional<token_place> token_finder::next() noexcept {
    found_.reset();
    while (at_ < text_.size() && !found_) read(text_[at_++]);
    if (!found_) settle(pending_size_);
    if (!found_ && inside_ != extent::outside) {
        inside_ = extent::outside;
        found_ = token_place{begin_, text_.size()};
    }
    return found_;
}

void token_finder::read(char c) noexcept {
    if (pending_size_ == most_pending) settle(most_pending / 2);
    const auto begin = static_cast<std::uint32_t>(at_ - 1);
    pending_[pending_size_++] = {c, '\0', begin, begin};
    decode();
    if (!may_be_continued()) settle(pending_size_);
}

// Replaces each group at the end of what is pending.
void token_finder::decode() noexcept {
    while (const auto size = complete_group()) {
        auto* const group = &pending_[pending_size_ - size];
        const auto& last = group[size - 1];
        const auto high = size == 6 ? hex_value(group[2].value) * 16 + hex_value(group[3].value) : 0;
        const auto low = hex_value(group[size - 2].value) * 16 + hex_value(last.value);
        constexpr char no_ascii = '\x7F';  // any character that is part of nothing here
        group[0].tail = last.value;
        group[0].tail_begin = last.begin;
        group[0].value = high != 0 || low >= 0x80 ? no_ascii : static_cast<char>(low);
        pending_size_ -= size - 1;
    }
}

// The size of the group that what is pending ends with; 0: with none.
std::size_t token_finder::complete_group() const noexcept {
    const auto ends_with = [this](std::size_t digits, std::string_view begin) {
        if (pending_size_ < digits + begin.size()) return false;
        const auto* at = &pending_[pending_size_ - digits - begin.size()];
        for (const char c : begin)
            if ((at++)->value != c) return false;
        return std::all_of(at, at + digits, [](const character& each) { return is_hex_digit(each.value); });
    };
    if (pending_size_ == 0 || !is_hex_digit(pending_[pending_size_ - 1].value)) return 0;
    if (ends_with(2, "%")) return 3;
    if (ends_with(2, "\\x")) return 4;
    return ends_with(4, "\\u") ? 6 : 0;
}

// Whether what follows may make a group of what is pending: it ends with the beginning of one.
bool token_finder::may_be_continued() const noexcept {
    auto at = pending_size_;
    std::size_t digits = 0;
    for (; at > 0 && digits < 4 && is_hex_digit(pending_[at - 1].value); --at) ++digits;
    if (at == 0 || digits == 4) return false;
    const auto before = pending_[at - 1].value;
    if (before == '%') return digits < 2;
    if (before == '\\') return digits == 0;
    const bool is_escape = at >= 2 && pending_[at - 2].value == '\\';
    return is_escape && ((before == 'x' && digits < 2) || before == 'u');
}

// The first `count` of those pending take part in no group any more.
void token_finder::settle(std::size_t count) noexcept {
    const auto* const end = pending_.begin() + count;
    std::for_each(std::as_const(pending_).begin(), end, [this](const character& each) { match(each); });
    std::copy(end, std::as_const(pending_).begin() + pending_size_, pending_.begin());
    pending_size_ -= count;
}

// '*' too, so that a text that has been masked already stays as it is.
bool token_finder::continues_token(char c) const noexcept {
    if (c == '*') return true;
    return inside_ == extent::token ? is_token68(c) : is_alphanumeric(c) || c == '-' || c == '_';
}

// The size of the group that the last characters are, but for its last digit; 0: they are none.
std::size_t token_finder::open_group() const noexcept {
    const auto last = [this](std::size_t back) { return values_[(settled_ - back) % kept]; };
    if (!is_hex_digit(last(1))) return 0;
    if (last(2) == '%') return 2;
    if (last(2) == 'x' && last(3) == '\\') return 3;
    const bool is_long = is_hex_digit(last(2)) && is_hex_digit(last(3)) && last(4) == 'u' && last(5) == '\\';
    return is_long ? 5 : 0;
}

void token_finder::match(const character& next) noexcept {
    if (inside_ != extent::outside) {
        if (continues_token(next.value)) return;
        found_ = token_place{begin_, next.begin};
        inside_ = extent::outside;
        matched_ = word_history_ = 0;
    }
    const auto places = places_of(next.value);
    const bool begins_with_tail = (places & bits.first) == 0 && (places_of(next.tail) & bits.first) != 0;
    // A group that the 'a' of the mask would complete is masked too: decoded, it would change the mask.
    const auto open = begins_with_tail ? 0 : open_group();
    const auto begin = begins_with_tail ? next.tail_begin : next.begin;
    begins_[settled_ % kept] = open == 0 ? begin : begins_[(settled_ - open) % kept];
    values_[settled_ % kept] = next.value;
    const auto first = begins_with_tail ? places_of(next.tail) & bits.first : places & bits.first;
    matched_ = ((matched_ & ~bits.last) << 1 & places & ~bits.first) | first;
    // What stands before the tail of a group that is not decoded belongs to no word.
    word_history_ = begins_with_tail ? 0 : word_history_ << 1 | (is_alphanumeric(next.value) ? 1U : 0U);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        if ((matched_ & bits.last_of[i]) == 0) continue;
        begin_ = begins_[(settled_ + 1 - bits.size[i]) % kept];
        const bool in_word = i == 0 && (word_history_ >> bits.size[i] & 1U) != 0;
        inside_ = in_word ? extent::part_of_word : extent::token;
        break;
    }
    ++settled_;
}

bool detail::search_token(std::string_view text) noexcept {
    return has_mark<exact_marks_in>(text) && token_finder(text).next().has_value();
}

std::string without_tokens(std::string_view text) {
    if (!detail::has_mark<detail::marks_in>(text)) return std::string(text);
    std::string out;
    std::size_t from = 0;
    token_finder tokens(text);
    while (const auto place = tokens.next()) {
        out.append(text.substr(from, place->begin - from));
        // One mask for tokens that follow each other: two would be read as one token.
        if (from == 0 || place->begin != from) out.append(token_mask);
        from = place->end;
    }
    return out.append(text.substr(from));
}

}  // namespace gate::core
