#pragma once
// What the values of `discovery` may be: they reach clients, and a command line. Each returns what is wrong
// with the value, or "". An empty value is acceptable: it is not set.

#include <string>
#include <string_view>

namespace gate::config {

// An absolute URL in its canonical form, with nothing behind its path, which servers read one way.
std::string check_public_url(std::string_view text);

// Safe as a word of a shell command.
std::string check_service_id(std::string_view text);

// One line of UTF-8.
std::string check_api_name(std::string_view text);

// An absolute URL, which may have a query and a fragment.
std::string check_page_url(std::string_view text);

}  // namespace gate::config
