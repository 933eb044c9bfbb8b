#pragma once
// What a connection has besides its socket once it is one of TLS: OpenSSL's state machine, with a BIO of our
// own, and the ciphertext that is on its way.
//
// OpenSSL takes ciphertext from a block that one recv has filled, and puts records into a block that one send
// empties. Both blocks are there only while bytes are in them, OpenSSL's own two buffers until what has been
// read is answered, or there is nothing more to read. What the socket does not take of a record stays here,
// because the record cannot be made a second time: the write that made it says that its last byte has not
// been taken, so that its caller waits and comes again.

#include "openssl.hpp"
#include "tls_blocks.hpp"

#include <gate/net/stream.hpp>
#include <gate/net/tls_handshake.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace gate::net {

// The socket below, for one call.
struct tls_socket {
    int descriptor;
    readiness& reading;
    readiness* writing;  // null: no write has been blocked yet
};

// Whether a tls_state wipes what OpenSSL has decrypted (rule 25), and no more than that; else OpenSSL does it
// itself, in its whole buffer.
bool tls_wipes_buffers() noexcept;

class tls_state {
public:
    // `keeps`: what OpenSSL's state refers to. Throws std::bad_alloc.
    tls_state(ssl_pointer ssl, std::shared_ptr<const void> keeps);
    ~tls_state();
    tls_state(const tls_state&) = delete;
    tls_state& operator=(const tls_state&) = delete;

    static tls_state& of(const SSL* ssl) noexcept { return *static_cast<tls_state*>(SSL_get_app_data(ssl)); }
    SSL* ssl() const noexcept { return ssl_.get(); }

    tls_step shake(const tls_socket& on) noexcept;

    // As those of stream.
    io_result read(const tls_socket& on, std::span<char> into) noexcept;
    io_result write(const tls_socket& on, std::span<const iovec> pieces) noexcept;
    // `below`: what is known of the socket. Deals with records that carry no data: they are no news.
    stream::peer_state look(const tls_socket& on, stream::peer_state below) noexcept;

    // Sends close_notify, unless the peer must not take what it has for the whole; false: it is still on its
    // way.
    bool end(const tls_socket& on) noexcept;
    bool is_ending() const noexcept { return has_sent_end_; }
    void forbid_end() noexcept { may_end_ = false; }

    bool must_repeat() const noexcept { return repeats_; }
    // Nothing has come that has not been read, and nothing waits to be sent.
    bool is_quiet() const noexcept;

    // From OpenSSL's callbacks.
    void count_message() noexcept;  // of a handshake that comes after the handshake
    void refuse() noexcept { is_refused_ = true; }
    bool is_refused() const noexcept { return is_refused_; }
    void set_hello() noexcept { has_hello_ = true; }
    bool has_hello() const noexcept { return has_hello_; }
    bool is_established() const noexcept { return facts_ != nullptr; }

    // OpenSSL's, of what has broken the connection; 0: nothing has.
    unsigned long failure_code() const noexcept { return failure_code_; }

    // What has been agreed on: null before.
    tls_facts* facts() const noexcept { return facts_.get(); }
    void set_facts(tls_facts facts) { facts_ = std::make_unique<tls_facts>(std::move(facts)); }

    // As a client: under which name its sessions are kept. The one that is resumed, and those that follow it,
    // are not used after `session_end`.
    std::string session_name;
    std::int64_t session_end = INT64_MAX;

private:
    friend struct tls_bio;

    void begin(const tls_socket& on, std::size_t most) noexcept;
    bool fill() noexcept;
    bool take_in(char* to, std::size_t wanted, std::size_t& taken) noexcept;
    bool put_out(std::string_view record) noexcept;
    bool keep(std::string_view ciphertext) noexcept;
    void send(std::string_view more = {}) noexcept;
    std::size_t write_records(std::span<const iovec> pieces, std::size_t from, std::size_t& sent) noexcept;
    void note_failure() noexcept;
    bool has_input() const noexcept;
    bool is_between_records() const noexcept;
    void release_buffers() noexcept;

    std::shared_ptr<const void> keeps_;
    ssl_pointer ssl_;
    std::unique_ptr<tls_facts> facts_;
    tls_block incoming_;
    tls_block outgoing_;
    char* decrypted_begin_ = nullptr;  // where OpenSSL has plaintext, or had
    char* decrypted_end_ = nullptr;
    int failure_ = 0;        // errno: what every further read fails with
    int write_failure_ = 0;  // and every further write
    unsigned long failure_code_ = 0;
    bool has_ended_ = false;  // the peer: by close_notify
    bool has_sent_end_ = false;
    bool may_end_ = true;
    bool repeats_ = false;  // the first byte that is offered next has been encrypted already
    bool is_refused_ = false;
    bool has_hello_ = false;

    // During a call.
    const tls_socket* socket_ = nullptr;
    std::size_t read_limit_ = 0;  // of one recv
    bool may_fill_ = false;
    bool is_emptied_ = false;         // the socket has nothing more
    bool sends_immediately_ = false;  // the next record, and those before it
    bool is_blocked_ = false;         // the socket takes nothing more

    struct {
        std::uint8_t count = 0;
        core::time_point since{};
    } messages_;  // of handshakes that come after the handshake
};

}  // namespace gate::net
