#include <gate/store/command.hpp>

namespace gate::store {
namespace {

constexpr std::string_view line_end = "\r\n";

void append_size(std::string& out, char what, std::size_t size) {
    out.push_back(what);
    out.append(std::to_string(size)).append(line_end);
}

}  // namespace

void begin_command(std::string& out, std::size_t words) {
    append_size(out, '*', words);
}

void append_words(std::string& out, std::span<const std::string_view> words) {
    for (const auto word : words) {
        append_size(out, '$', word.size());
        out.append(word).append(line_end);
    }
}

}  // namespace gate::store
