#pragma once
// One HTTP/1.1 connection of the load generator, on whichever side.
#include "event_loop.hpp"
#include "message_reader.hpp"
#include "tls.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

class connection : public watched, public message_sink {
public:
    // Takes over fd, which is non-blocking, and the TLS on it, after its handshake; null: none.
    connection(event_loop& loop, int fd, ssl_pointer tls = {});

    // Sends now what the socket takes, and the rest when it can. The bytes must stay where they are until
    // then.
    void send(std::string_view bytes);
    void on_events(std::uint32_t events) override;

protected:
    ~connection() = default;
    // The other side has closed, or sending failed.
    virtual void on_close() {}

private:
    void flush();
    // As send() and recv().
    std::ptrdiff_t put(std::string_view bytes);
    std::ptrdiff_t get(char* into, std::size_t size);
    void read();
    void shut();

    event_loop& loop_;
    int fd_;
    ssl_pointer tls_;
    bool wants_output_ = false;
    std::string_view unsent_;
    message_reader reader_;
};

}  // namespace bench
