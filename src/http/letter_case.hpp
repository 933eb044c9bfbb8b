#pragma once
// Lower case for comparing paths: ASCII and all other letters that Unicode has in two cases.

#include <string>
#include <string_view>

namespace gate::http {

// Appends UTF-8 `text` in lower case; what is no UTF-8 is appended as it is.
void append_lower(std::string_view text, std::string& out);

}  // namespace gate::http
