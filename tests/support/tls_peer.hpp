#pragma once
// The other end of a connection, played by OpenSSL: a client or a server that does what a test tells it.

#include <gate/core/asio.hpp>

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gate::test {

struct free_ssl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using ssl_context = std::unique_ptr<SSL_CTX, free_ssl>;
using ssl_session = std::unique_ptr<SSL_SESSION, free_ssl>;

// Trusts `ca_pem`.
ssl_context make_client_context(const std::string& ca_pem);
ssl_context make_server_context(const std::string& chain_pem, const std::string& key_pem);
void show_certificate(SSL_CTX* context, const std::string& chain_pem, const std::string& key_pem);

// Its ciphertext passes through `to_wire`, which a test may hold back, cut or write itself.
class tls_peer {
public:
    enum class role { client, server };

    // `socket` outlives it, and does not block from now on.
    tls_peer(SSL_CTX* context, role as, core::tcp_socket& socket);
    ~tls_peer();
    tls_peer(const tls_peer&) = delete;
    tls_peer& operator=(const tls_peer&) = delete;

    SSL* ssl() const noexcept { return ssl_.get(); }

    // Goes on with whatever is under way; to be called again and again.
    void work();

    bool is_done() const noexcept { return is_done_; }        // the handshake
    bool has_failed() const noexcept { return has_failed_; }  // OpenSSL, or the socket
    bool has_ended() const noexcept { return has_ended_; }    // by a close_notify of the other side
    bool is_cut() const noexcept { return is_cut_; }          // without one, by FIN or RST
    bool has_seen_fin() const noexcept { return has_seen_fin_; }
    const std::string& failure() const noexcept { return failure_; }
    const std::string& received() const noexcept { return received_; }
    void forget_received() { received_.clear(); }
    void stop_reading(bool stops = true) noexcept { reads_ = !stops; }

    // What is written when the handshake has been done.
    void send(std::string_view text) { unsent_ += text; }
    // One record each, whatever their size.
    void send_records(std::string_view text, std::size_t size);
    bool has_sent_all() const noexcept { return unsent_.empty() && to_wire.empty(); }
    void send_close_notify();
    void send_key_update(bool wants_answer);
    void send_fin();

    // The latest that the server has given us.
    ssl_session session() const;

    std::string from_wire;                   // all ciphertext that has come
    std::string to_wire;                     // ciphertext that has still to be sent
    std::size_t segment = 1 << 20;           // how much of it goes with one call
    std::size_t bytes_until_cut = SIZE_MAX;  // then the connection ends, without a close_notify

private:
    void receive();
    void transmit();
    void collect();
    void advance();
    void note(int result);

    core::tcp_socket& socket_;
    std::unique_ptr<SSL, free_ssl> ssl_;
    std::string received_;
    std::string unsent_;
    std::string failure_;
    bool reads_ = true;
    bool is_done_ = false;
    bool has_failed_ = false;
    bool has_ended_ = false;
    bool has_seen_fin_ = false;
    bool is_cut_ = false;
};

}  // namespace gate::test
