#pragma once
// The file of a Unix socket that we listen on.

#include <gate/core/result.hpp>
#include <gate/net/listening_socket.hpp>

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace gate::net {

// Its destructor removes the file, if it is still the one that we have made.
class socket_file {
public:
    socket_file(std::string path, dev_t device, ino_t number) noexcept
        : path_(std::move(path)), device_(device), number_(number) {}
    socket_file(socket_file&& other) noexcept
        : path_(std::exchange(other.path_, {})), device_(other.device_), number_(other.number_) {}
    socket_file& operator=(socket_file&&) = delete;
    ~socket_file() { remove(); }

    void remove() noexcept;

private:
    std::string path_;  // empty: removed
    dev_t device_;
    ino_t number_;
};

struct opened_socket_file {
    listening_socket socket;
    socket_file file;
};

// Binds at `path`, gives the file exactly these permissions, and only then listens: nobody can connect
// before. A socket that is there already is replaced if nobody listens at it (a process that has crashed).
// Errors, besides those of the system: address_in_use where somebody does, file_exists where it is no socket.
core::result<opened_socket_file> open_socket_file(const std::string& path, unsigned mode);

}  // namespace gate::net
