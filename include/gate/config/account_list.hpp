#pragma once
// The file of auth.blocked_accounts_file: one account a line, `#` comments, blank lines; lines may end with
// CRLF. Pure, but for read_account_list.

#include <gate/config/scalars.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

inline constexpr std::size_t most_listed_accounts = 100'000;
inline constexpr std::size_t most_list_bytes = std::size_t{8} * 1024 * 1024;

struct account_list {
    // A sentence about a line or, with 0, about the whole file. Never its content: it may be the wrong file.
    struct problem {
        unsigned line = 0;
        std::string message;
    };
    std::vector<std::string> accounts;  // none if there are problems
    std::vector<problem> problems;      // at most a few, then one that says how many more there are
};

// A text without any line is a problem: a file that is being written must not unblock everybody. A comment
// alone blocks nobody.
account_list parse_account_list(std::string_view text);

// The same for the content of a file, or why there is none.
account_list read_list_content(const parsed<std::string>& content);

// The same for a regular file.
account_list read_account_list(const std::string& path);

// "blocked.txt:3: holds more than one account"
std::string describe(const account_list::problem& what, const std::string& path);

}  // namespace gate::config
