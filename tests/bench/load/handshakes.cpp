#include "handshakes.hpp"

#include "tls.hpp"

#include <openssl/ssl.h>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

// One place among those that are under way.
class handshakes::maker final : public watched {
public:
    explicit maker(handshakes& owner) : owner_(owner) {}

    void begin() {
        began_ = clock::now();
        fd_ = connect_to(owner_.port_);
        stop_blocking(fd_);
        tls_ = tls_client(fd_);
        owner_.loop_.watch(fd_, *this);
        go_on();
    }

    void on_events(std::uint32_t) override { go_on(); }

private:
    void go_on() {
        const int result = SSL_do_handshake(tls_.get());
        const int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), result);
        if (why == SSL_ERROR_WANT_READ) return;
        if (why == SSL_ERROR_NONE) {
            ++owner_.made_;
            if (owner_.recording_)
                owner_.latencies_.push_back(
                    static_cast<std::uint32_t>(duration(clock::now() - began_).count()));
        } else {
            ++owner_.lost_;
        }
        tls_.reset();
        close(fd_);  // and so epoll forgets it
        begin();
    }

    handshakes& owner_;
    int fd_ = -1;
    ssl_pointer tls_;
    time_point began_;
};

handshakes::handshakes(event_loop& loop, int port) : loop_(loop), port_(port) {}

handshakes::~handshakes() = default;

void handshakes::begin(std::size_t at_once) {
    for (std::size_t i = 0; i < at_once; ++i) {
        all_.push_back(std::make_unique<maker>(*this));
        all_.back()->begin();
    }
}

}  // namespace bench
