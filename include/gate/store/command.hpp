#pragma once
// A command to the store, as bytes: a list of texts (RESP 2). Pure.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace gate::store {

// The head of a command of so many words, and its words.
void begin_command(std::string& out, std::size_t words);
void append_words(std::string& out, std::span<const std::string_view> words);

inline std::string command(std::initializer_list<std::string_view> words) {
    std::string out;
    begin_command(out, words.size());
    append_words(out, {words.begin(), words.size()});
    return out;
}

}  // namespace gate::store
