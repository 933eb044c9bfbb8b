#pragma once
// SHA-256 of texts and files, in hex: to see whether they have changed.

#include <string>
#include <string_view>

namespace gate::app {

std::string digest_of(std::string_view text);

// Of the file's content, or of why it cannot be read. "" for no path.
std::string digest_of_file(const std::string& path);

}  // namespace gate::app
