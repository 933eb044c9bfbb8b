#pragma once
// A stream with TLS, and OpenSSL at the other end of its connection.

#include <gate/net/tls_handshake.hpp>

#include <certificates.hpp>
#include <chrono>
#include <loop.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tls_peer.hpp>
#include <utility>
#include <vector>

namespace gate::test {

inline net::tls_certificate as_material(const certificate& from, std::vector<std::string> names,
                                        net::key_kind kind = net::key_kind::ecdsa) {
    net::tls_certificate out;
    out.chain_pem = from.pem;
    out.key_pem = core::secret_string(from.key_pem);
    out.names = std::move(names);
    out.kind = kind;
    return out;
}

// One CA and one server for all tests.
struct known_certificates {
    certificate ca = make_ca("authority of the tests");
    certificate server = make_certificate(ca, "DNS:app.test,IP:127.0.0.1");
    certificate client = make_certificate(ca, "DNS:caller.test,URI:spiffe://test/ns/a");

    static const known_certificates& get() {
        static const known_certificates made;
        return made;
    }
};

inline net::server_tls_material server_material() {
    net::server_tls_material out;
    out.certificates.push_back(as_material(known_certificates::get().server, {"app.test", "127.0.0.1"}));
    return out;
}

inline std::shared_ptr<net::server_tls> make_server(net::server_tls_material from) {
    std::string why_not;
    auto out =
        net::make_server_tls(std::make_shared<const net::server_tls_material>(std::move(from)), why_not);
    if (!out) throw std::runtime_error("no server: " + why_not);
    return *out;
}

inline std::shared_ptr<net::client_tls> make_client(net::client_tls_material from) {
    std::string why_not;
    auto out =
        net::make_client_tls(std::make_shared<const net::client_tls_material>(std::move(from)), why_not);
    if (!out) throw std::runtime_error("no client: " + why_not);
    return *out;
}

inline std::shared_ptr<net::client_tls> trusting_client() {
    net::client_tls_material material;
    material.ca_pem = known_certificates::get().ca.pem;
    return make_client(std::move(material));
}

inline core::task<> run_accept(net::stream& on, std::shared_ptr<net::server_tls> with, core::time_point until,
                               std::optional<net::handshake_result>& out) {
    out = co_await net::accept_tls(on, std::move(with), until);
}

inline core::task<> run_connect(net::stream& on, std::shared_ptr<net::client_tls> with, std::string name,
                                core::time_point until, std::optional<net::handshake_result>& out) {
    out = co_await net::connect_tls(on, std::move(with), name, until);
}

struct tls_pair {
    loop on;
    connection pair{on};
    ssl_context peer_context;
    std::optional<tls_peer> peer;
    std::optional<net::handshake_result> result;

    net::stream& ours() { return *pair.ours; }
    const net::tls_facts& facts() { return *net::facts_of(ours()); }

    void run_until(const std::function<bool()>& done) {
        on.run_until([&] {
            if (peer) peer->work();
            return done();
        });
    }

    // Our side serves; `context` is the client's.
    net::handshake_result accept(std::shared_ptr<net::server_tls> with, ssl_context context,
                                 const char* name = "app.test", SSL_SESSION* session = nullptr) {
        begin_accept(std::move(with), std::move(context), name, session);
        run_until([&] { return result.has_value(); });
        if (result == net::handshake_result::ok) {
            run_until([&] { return peer->is_done() || peer->has_failed(); });
        }
        return *result;
    }
    void begin_accept(std::shared_ptr<net::server_tls> with, ssl_context context,
                      const char* name = "app.test", SSL_SESSION* session = nullptr) {
        peer_context = std::move(context);
        peer.emplace(peer_context.get(), tls_peer::role::client, pair.peer);
        if (name != nullptr) SSL_set_tlsext_host_name(peer->ssl(), name);
        if (session != nullptr) SSL_set_session(peer->ssl(), session);
        core::spawn(
            run_accept(ours(), std::move(with), core::clock::now() + std::chrono::seconds(5), result));
    }

    // Our side is the client; `context` is the server's.
    net::handshake_result connect(std::shared_ptr<net::client_tls> with, ssl_context context,
                                  const std::string& name = "app.test") {
        peer_context = std::move(context);
        peer.emplace(peer_context.get(), tls_peer::role::server, pair.peer);
        core::spawn(
            run_connect(ours(), std::move(with), name, core::clock::now() + std::chrono::seconds(5), result));
        run_until([&] { return result.has_value(); });
        return *result;
    }

    // Reads what there is, without waiting.
    net::io_result read(std::string& into) {
        char buffer[65536];
        const auto got = ours().try_read(buffer);
        into.append(buffer, got.bytes);
        return got;
    }
    // Waits for `size` bytes.
    std::string read_all(std::size_t size) {
        std::string out;
        run_until([&] {
            const auto got = read(out);
            return out.size() >= size || (!got.ok() && !got.would_block());
        });
        return out;
    }
    // Waits for whatever ends reading.
    net::io_result read_end(std::string& into) {
        net::io_result last;
        run_until([&] {
            last = read(into);
            return !last.ok() && !last.would_block();
        });
        return last;
    }
    void write_all(std::string_view text) {
        run_until([&] {
            text.remove_prefix(ours().try_write(text).bytes);
            return text.empty();
        });
    }
};

inline ssl_context trusting_peer() {
    return make_client_context(known_certificates::get().ca.pem);
}

inline ssl_context known_server_peer() {
    const auto& known = known_certificates::get();
    return make_server_context(known.server.pem, known.server.key_pem);
}

}  // namespace gate::test
