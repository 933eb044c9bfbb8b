#pragma once
// A connection of `doctor`, whose calls wait for their end, byte for byte: what is sent is exactly what was
// written, and a peer that is not what it should be is looked at rather than refused. Belongs to one thread.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace gate::app::doctor {

// Where a name leads to, or why not. An address leads to itself.
struct resolution {
    std::vector<std::string> addresses;  // textual
    std::string problem;                 // for people; empty: there are addresses
};
resolution resolve(const std::string& host);

// Until when the first of `count` addresses may be waited for: one that is silent does not take the time of
// all. Pure. Precondition: count > 0.
core::time_point share_of(core::time_point now, core::time_point until, std::ptrdiff_t count);

// What a peer has shown of itself.
struct shown_certificate {
    std::string problem{};           // why it is not trusted, as OpenSSL says it; empty: it is
    std::optional<int> days_left{};  // until its leaf expires; nothing: it has shown none
};

struct wire_tls {
    std::string ca_file{};      // PEM; empty: the system's
    std::string server_name{};  // for SNI and verification
    std::string cert_file{};    // shown to the peer; empty: none
    std::string key_file{};
};

class wire {
public:
    // To a TCP port: `host` is a name or an address. Each of its addresses gets its share of the time that is
    // left; looking up the name takes as long as the resolver lets it. A failure leaves is_open() false and
    // says why.
    static wire to_port(const std::string& host, std::uint16_t port, core::time_point until);
    static wire to_socket(const std::string& path, core::time_point until);  // '@': an abstract name
    // The peer of a URL, without TLS.
    static wire to_url(const config::url& where, core::time_point until);

    wire(wire&& other) noexcept;
    wire& operator=(wire&& other) noexcept;
    ~wire();

    bool is_open() const noexcept { return descriptor_ >= 0; }
    const std::string& problem() const noexcept { return problem_; }

    // Shakes hands; a certificate that is not trusted is no failure here. False: see problem().
    bool shake_hands(const wire_tls& how, core::time_point until);
    const shown_certificate& shown() const noexcept { return shown_; }

    bool send(std::string_view bytes, core::time_point until);
    // Some of what comes next, after what has come before. False: the end, a failure, or `until`; timed_out()
    // tells them apart.
    bool read_more(std::string& into, core::time_point until);
    bool timed_out() const noexcept { return timed_out_; }

private:
    wire() = default;
    static wire failed(std::string why);
    // Until it is ready for `events` (poll(2)). False: `until` has passed, and timed_out() says so.
    bool wait(short events, core::time_point until);
    // A call of OpenSSL, again and again until it has an end or `until` has passed: no peer that sends a byte
    // now and then holds it any longer. At most 0: it has failed.
    template <class Call>
    int finish_tls(Call call, core::time_point until);
    int send_tls(std::string_view bytes, core::time_point until);
    int read_tls(std::span<char> into, core::time_point until);
    void look_at_certificate();
    void close() noexcept;

    int descriptor_ = -1;
    SSL_CTX* context_ = nullptr;
    SSL* tls_ = nullptr;
    bool timed_out_ = false;
    std::string problem_;
    shown_certificate shown_;
};

}  // namespace gate::app::doctor
