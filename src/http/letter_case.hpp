#pragma once
// Lower case for comparing paths: ASCII and all other letters that Unicode has in two cases. Letters with the
// same capital are the same (the long s and s, the dotless i and i), as servers compare that ignore case.

#include <string>
#include <string_view>

namespace gate::http {

// Appends UTF-8 `text` in lower case; what is no UTF-8 is appended as it is.
void append_lower(std::string_view text, std::string& out);

}  // namespace gate::http
