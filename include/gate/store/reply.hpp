#pragma once
// What the store answers (RESP 2), as a value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::store {

struct reply {
    enum class form : std::uint8_t {
        nothing,  // nil
        text,     // a bulk string or a status
        number,
        list,
        error,     // `text` says why, its code first: "NOSCRIPT No matching script"
        too_large  // stood here, and was not kept
    };

    form is = form::nothing;
    std::string text{};
    std::int64_t number = 0;
    std::vector<reply> items{};

    bool is_text() const noexcept { return is == form::text; }
    bool is_number() const noexcept { return is == form::number; }
    bool is_list() const noexcept { return is == form::list; }
    bool is_error() const noexcept { return is == form::error; }
    // Whether it is an error of that code.
    bool is_error(std::string_view code) const noexcept {
        return is_error() && text.starts_with(code) &&
               (text.size() == code.size() || text[code.size()] == ' ');
    }
    // The text of an item of a list; "" where there is none.
    std::string_view text_at(std::size_t index) const noexcept {
        return is_list() && index < items.size() && items[index].is_text()
                   ? std::string_view(items[index].text)
                   : std::string_view();
    }

    bool operator==(const reply&) const = default;
};

}  // namespace gate::store
