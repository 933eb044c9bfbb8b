#include <gate/core/token_mask.hpp>
#include <gate/core/token_text.hpp>

#include <algorithm>
#include <utility>

namespace gate::core {
namespace {

constexpr unsigned no_digit = 16;

unsigned hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return no_digit;
}

bool is_hex(char c) noexcept {
    return hex_value(c) != no_digit;
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// '*' too, so that a text that has been masked already stays as it is.
bool continues_token(char c) noexcept {
    return is_token68(c) || c == '*';
}

}  // namespace

std::optional<token_place> token_finder::next() noexcept {
    found_.reset();
    while (at_ < text_.size() && !found_) read(text_[at_++]);
    if (!found_) settle(pending_size_);
    if (!found_ && matched_ == agent_token_prefix.size()) {
        matched_ = 0;
        found_ = token_place{begin_, text_.size()};
    }
    return found_;
}

void token_finder::read(char c) noexcept {
    if (pending_size_ == most_pending) settle(most_pending / 2);
    const auto begin = static_cast<std::uint32_t>(at_ - 1);
    pending_[pending_size_++] = {c, begin, lower(c) == 'a' ? begin : nowhere};
    decode();
    if (!may_be_continued()) settle(pending_size_);
}

// Replaces each group at the end of what is pending.
void token_finder::decode() noexcept {
    while (pending_size_ >= 3) {
        auto* const group = &pending_[pending_size_ - 3];
        if (group[0].value != '%' || !is_hex(group[1].value) || !is_hex(group[2].value)) return;
        group[0].value = static_cast<char>(hex_value(group[1].value) * 16 + hex_value(group[2].value));
        group[0].a_begin = lower(group[0].value) == 'a' ? group[0].begin : group[2].a_begin;
        pending_size_ -= 2;
    }
}

// Whether what follows may make a group of what is pending: it ends with "%", or with "%" and a digit.
bool token_finder::may_be_continued() const noexcept {
    const auto last = pending_[pending_size_ - 1].value;
    return last == '%' || (pending_size_ >= 2 && is_hex(last) && pending_[pending_size_ - 2].value == '%');
}

// The first `count` of those pending take part in no group any more.
void token_finder::settle(std::size_t count) noexcept {
    const auto* const end = pending_.begin() + count;
    std::for_each(std::as_const(pending_).begin(), end, [this](const character& each) { match(each); });
    std::copy(end, std::as_const(pending_).begin() + pending_size_, pending_.begin());
    pending_size_ -= count;
}

void token_finder::match(const character& next) noexcept {
    if (matched_ == agent_token_prefix.size()) {
        if (continues_token(next.value)) return;
        found_ = token_place{begin_, next.begin};
        matched_ = 0;
    }
    if (matched_ != 0 && lower(next.value) == agent_token_prefix[matched_]) {
        ++matched_;
        return;
    }
    matched_ = next.a_begin == nowhere ? 0 : 1;
    begin_ = next.a_begin;
}

bool holds_token(std::string_view text) noexcept {
    return may_hold_token(text) && token_finder(text).next().has_value();
}

std::string without_tokens(std::string_view text) {
    if (!may_hold_token(text)) return std::string(text);
    std::string out;
    std::size_t from = 0;
    token_finder tokens(text);
    while (const auto place = tokens.next()) {
        out.append(text.substr(from, place->begin - from)).append(token_mask);
        from = place->end;
    }
    return out.append(text.substr(from));
}

}  // namespace gate::core
