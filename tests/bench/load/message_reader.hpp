#pragma once
// Finds HTTP/1.1 messages in a stream of bytes: heads, bodies by Content-Length or in chunks. It trusts what
// it reads, so that it costs as little as possible: the load generator's CPU is the measure that the proxies'
// is divided by.
#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

class message_sink {
public:
    virtual void on_head(std::string_view head) = 0;
    virtual void on_body(std::string_view bytes) = 0;
    virtual void on_end() = 0;

protected:
    ~message_sink() = default;
};

class message_reader {
public:
    // Tells the sink what the bytes hold. They may end anywhere in a message, and hold several.
    void feed(std::string_view bytes, message_sink& sink);

private:
    enum class part { head, body, chunk_size, chunk, chunk_end, trailer };

    std::string_view take_head(std::string_view in, message_sink& sink);
    std::string_view take_body(std::string_view in, message_sink& sink);
    std::string_view take_line(std::string_view in, message_sink& sink);
    void expect_body(std::string_view head, message_sink& sink);
    void on_line(message_sink& sink);

    part next_ = part::head;
    std::size_t left_ = 0;         // of the body or chunk; in chunk_size: the size as read so far
    std::size_t line_length_ = 0;  // without CR and LF
    bool in_extension_ = false;
    std::string partial_;  // the beginning of a head whose end has not come yet
};

// The value of a field in a head; empty where there is none. The name in lower case.
std::string_view field(std::string_view head, std::string_view name);

}  // namespace bench
