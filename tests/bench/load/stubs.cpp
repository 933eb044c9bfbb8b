#include "stubs.hpp"

#include <algorithm>

namespace bench {

class stubs::upstream_connection final : public connection {
public:
    upstream_connection(stubs& owner, int fd) : connection(owner.loop_, fd), owner_(owner) {}

    void on_head(std::string_view head) override {
        received_ = 0;
        if (owner_.options_.check_identity && owner_.requests_++ % 16 == 0) owner_.check(head);
    }
    void on_body(std::string_view bytes) override { received_ += bytes.size(); }
    void on_end() override {
        if (received_ != owner_.work_.request_body) ++owner_.seen_.wrong_bodies;
        send(owner_.work_.response);
        if (owner_.work_.streams) owner_.streams_.push_back(this);
    }
    void on_close() override { std::erase(owner_.streams_, this); }

private:
    stubs& owner_;
    std::size_t received_ = 0;
};

class stubs::verify_connection final : public connection {
public:
    verify_connection(stubs& owner, int fd) : connection(owner.loop_, fd), owner_(owner) {}

    void on_head(std::string_view) override {}
    void on_body(std::string_view) override {}
    void on_end() override {
        ++owner_.seen_.verifications;
        send(owner_.verification_);
    }

private:
    stubs& owner_;
};

stubs::stubs(event_loop& loop, const stub_options& options, const workload& work)
    : loop_(loop),
      options_(options),
      work_(work),
      upstream_(loop, options.upstream_port, options.share_ports,
                [this](int fd) { connections_.push_back(std::make_unique<upstream_connection>(*this, fd)); }),
      verify_(loop, options.verify_port, options.share_ports,
              [this](int fd) { connections_.push_back(std::make_unique<verify_connection>(*this, fd)); }) {
    if (options.upstream_path.empty()) return;
    unix_upstream_ = std::make_unique<acceptor>(loop, options.upstream_path, [this](int fd) {
        connections_.push_back(std::make_unique<upstream_connection>(*this, fd));
    });
}

void stubs::check(std::string_view head) {
    ++seen_.checked;
    if (field(head, "x-gate-account-id").empty()) ++seen_.without_identity;
    if (!field(head, "authorization").empty()) ++seen_.with_token;
}

void stubs::broadcast() {
    for (auto* stream : streams_) stream->send(event_chunk);
}

}  // namespace bench
