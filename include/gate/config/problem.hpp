#pragma once
// What is wrong with a configuration, and where: collected, so that a user sees all problems together.

#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

// A place in the file, both 1-based, columns in bytes; 0: no place.
struct position {
    unsigned line = 0;
    unsigned column = 0;
    bool operator==(const position&) const = default;
};

struct problem {
    std::string where;    // "file:line:column", a file, an environment variable or a flag
    std::string message;  // one line; never the content of a secret
    position at;          // in the file; 0:0 elsewhere
};

// "where: message", without agent tokens (rule 25).
std::string to_string(const problem& what);

// `text` in quotes for a message: shortened, unprintable bytes replaced, and hidden when it looks like a
// secret.
// (Not "quoted": for a std::string, argument-dependent look-up would prefer std::quoted.)
std::string in_quotes(std::string_view text);

class problem_list {
public:
    // Keeps at most this many; what is left out is counted in a last line.
    static constexpr std::size_t most = 100;

    explicit problem_list(std::string file) : file_(std::move(file)) {}

    const std::string& file() const noexcept { return file_; }
    bool empty() const noexcept { return problems_.empty(); }
    void add(position at, std::string message);
    void add(std::string where, std::string message);

    // Those of the file in its order, then the rest. Leaves the list empty.
    std::vector<problem> take();

private:
    std::string file_;
    std::vector<problem> problems_;
};

}  // namespace gate::config
