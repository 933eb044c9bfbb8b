#pragma once
// The path that a field like X-Original-URL moves a request to.

#include <string>
#include <string_view>

namespace gate::http {

// Appends the path of `reference`, a path or a URL, without its query and fragment. It begins with '/'. What
// stands behind another number of slashes than two after a scheme is given as "//rest": a reading of that
// drops the name.
void append_override_path(std::string_view reference, std::string& out);

}  // namespace gate::http
