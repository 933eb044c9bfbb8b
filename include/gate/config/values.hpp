#pragma once
// What options of several sections consist of.

#include <cstdint>
#include <string>
#include <vector>

namespace gate::config {

// The parts of an absolute http or https URL; of an upstream also the path of a Unix socket.
struct url {
    bool tls = false;
    std::string host;  // lower case, without brackets
    std::uint16_t port = 0;
    std::string path;  // "" or begins with '/', never ends with one
    // unix:/run/app.sock: the path; unix:@name: an abstract name with its '@'. The rest is empty then.
    std::string socket{};
    bool operator==(const url&) const = default;
};

// Peers: an address range (10.0.0.0/8, ::1, ...), or all that connect to a Unix socket.
struct network {
    std::string address;  // canonical form; "unix": those of Unix sockets
    unsigned prefix = 0;  // bits
    bool operator==(const network&) const = default;
};

// Where something stands in the file, for messages. It makes no difference to what it says.
struct source_line {
    unsigned line = 0;  // 0: not from a file
    unsigned column = 0;
    bool operator==(const source_line&) const { return true; }
};
// Of the items of a list; empty: they are not from the file.
struct source_lines {
    std::vector<source_line> each;
    bool operator==(const source_lines&) const { return true; }
};

}  // namespace gate::config
