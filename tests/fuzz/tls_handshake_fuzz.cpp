// The beginning of a connection to a listener with TLS, in pieces of any size: any bytes, or what a real
// client says with some of its bytes changed.
//
// The first byte of the input says who speaks, and to which listener; the second one how large the pieces
// are; the others are what is said, or what is changed: places of two bytes, and what is XORed there.
#include "check.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>
#include <tls_pair.hpp>

#include <sys/socket.h>

using namespace gate;
using net::handshake_result;

namespace {

constexpr std::size_t longest = 16 * 1024;
constexpr double most_seconds = 5;  // of the processor, with sanitizers
const std::string text = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

struct wish {
    bool has_client;    // else the input is what comes
    bool is_old;        // the client speaks TLS 1.2
    bool is_demanding;  // the listener wants a certificate
    bool shows_one;     // the client has one
    std::size_t piece;  // bytes
    std::string_view rest;

    wish(const std::uint8_t* data, std::size_t size)
        : has_client((data[0] & 1) != 0),
          is_old((data[0] & 2) != 0),
          is_demanding((data[0] & 4) != 0),
          shows_one((data[0] & 8) != 0),
          piece(1 + data[1] * 4U),
          rest(reinterpret_cast<const char*>(data) + 2, size - 2) {}
};

std::shared_ptr<net::server_tls> server_for(const wish& of) {
    static const auto open = test::make_server(test::server_material());
    static const auto demanding = [] {
        auto material = test::server_material();
        material.client_auth = config::client_auth::required;
        material.client_ca_pem = test::known_certificates::get().ca.pem;
        return test::make_server(std::move(material));
    }();
    return of.is_demanding ? demanding : open;
}

test::ssl_context client_for(const wish& of) {
    const auto& known = test::known_certificates::get();
    auto out = test::make_client_context(known.ca.pem);
    if (of.is_old) SSL_CTX_set_max_proto_version(out.get(), TLS1_2_VERSION);
    if (of.shows_one) test::show_certificate(out.get(), known.client.pem, known.client.key_pem);
    return out;
}

class attempt {
public:
    explicit attempt(const wish& of) : wish_(of) {
        if (wish_.has_client) {
            context_ = client_for(of);
            peer_.emplace(context_.get(), test::tls_peer::role::client, pair_.peer);
            peer_->segment = 0;  // what it says is sent here
            SSL_set_tlsext_host_name(peer_->ssl(), "app.test");
        }
        core::spawn(test::run_accept(*pair_.ours, server_for(of), core::never, result_));
    }

    void run() {
        if (wish_.has_client) {
            converse();
        } else {
            say(wish_.rest);
        }
        core::error_code ignored;
        pair_.peer.shutdown(core::tcp::socket::shutdown_send, ignored);
        for (int i = 0; i < 1000 && !result_; ++i) {
            on_.context.restart();
            on_.context.run_for(std::chrono::milliseconds(1));
        }
        fuzz::check(result_.has_value(), "it ends with the connection");
        judge();
    }

private:
    void step() {
        on_.context.restart();
        on_.context.poll();
        if (result_ != handshake_result::ok) return;
        char some[4096];
        const auto got = pair_.ours->try_read(some);
        read_.append(some, got.bytes);
    }

    void say(std::string_view words) {
        while (!words.empty()) {
            const auto some = words.substr(0, wish_.piece);
            if (::send(pair_.peer.native_handle(), some.data(), some.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                return;
            words.remove_prefix(some.size());
            step();
        }
    }

    // Until neither side has anything more to say.
    void converse() {
        peer_->send(text);
        for (int silent = 0; silent < 3;) {
            peer_->work();
            auto words = std::exchange(peer_->to_wire, {});
            silent = words.empty() ? silent + 1 : 0;
            change(words);
            say(words);
            step();
        }
    }

    void change(std::string& words) {
        for (std::size_t at = 0; at + 3 <= wish_.rest.size(); at += 3) {
            const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(wish_.rest[at + i]); };
            const auto place = static_cast<std::size_t>(byte(0)) << 8U | byte(1);
            if (place < said_ || place >= said_ + words.size() || byte(2) == 0) continue;
            words[place - said_] = static_cast<char>(words[place - said_] ^ byte(2));
            is_changed_ = true;
        }
        said_ += words.size();
    }

    void judge() {
        if (!wish_.has_client) {
            fuzz::check(result_ != handshake_result::ok, "without keys there is no handshake");
        } else if (!is_changed_ && wish_.is_demanding && !wish_.shows_one) {
            fuzz::check(result_ == handshake_result::refused, "who shows no certificate is refused");
        } else if (!is_changed_) {
            fuzz::check(result_ == handshake_result::ok, "pieces make no difference");
            fuzz::check(read_ == text, "what follows arrives");
        }
        fuzz::check(text.starts_with(read_), "nothing arrives that has not been said");
    }

    const wish wish_;
    test::loop on_;
    test::connection pair_{on_};
    test::ssl_context context_;
    std::optional<test::tls_peer> peer_;
    std::optional<handshake_result> result_;
    std::string read_;
    std::size_t said_ = 0;
    bool is_changed_ = false;
};

double seconds_used() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const wish made(data, std::min(size, longest));
    (void)server_for(made);
    const auto before = seconds_used();
    attempt(made).run();
    fuzz::check(seconds_used() - before < most_seconds, "it takes a bounded time");
    return 0;
}
