#pragma once
// Reading small files whole.

#include <gate/config/scalars.hpp>

#include <cstddef>
#include <string>

namespace gate::config {

enum class file_kind {
    any,  // a pipe too, such as /dev/stdin
    regular,
};

// The content of a file of at most `most` bytes. Errors are sentences that do not name the path.
parsed<std::string> read_file(const std::string& path, std::size_t most, file_kind kind);

// "" if `path` is a regular file that can be read and is not empty, else why not.
std::string check_readable(const std::string& path);

}  // namespace gate::config
