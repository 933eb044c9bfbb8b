#pragma once
// One HTTP/1.1 connection of the load generator, on whichever side.
#include "event_loop.hpp"
#include "message_reader.hpp"

#include <cstdint>
#include <string_view>

namespace bench {

class connection : public watched, public message_sink {
public:
    // Takes over fd, which is non-blocking.
    connection(event_loop& loop, int fd);

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
    void read();
    void shut();

    event_loop& loop_;
    int fd_;
    bool wants_output_ = false;
    std::string_view unsent_;
    message_reader reader_;
};

}  // namespace bench
