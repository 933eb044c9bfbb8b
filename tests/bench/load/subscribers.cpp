#include "subscribers.hpp"

#include <algorithm>

namespace bench {
namespace {

constexpr std::size_t room_for_latencies = 4'000'000;

}  // namespace

class subscribers::subscriber final : public connection {
public:
    subscriber(subscribers& owner, int fd, std::string request)
        : connection(owner.loop_, fd), owner_(owner), request_(std::move(request)) {
        send(request_);
    }

    void on_head(std::string_view head) override {
        ++owner_.accepted_;
        if (!head.starts_with("HTTP/1.1 200")) ++owner_.bad_;
    }
    void on_body(std::string_view bytes) override {
        const auto count = std::count(bytes.begin(), bytes.end(), event_mark);
        owner_.events_ += static_cast<std::uint64_t>(count);
        if (!owner_.recording_ || count == 0) return;
        owner_.latencies_.push_back(
            static_cast<std::uint32_t>(duration(clock::now() - owner_.sent_).count()));
    }
    void on_end() override { ++owner_.lost_; }
    void on_close() override { ++owner_.lost_; }

private:
    subscribers& owner_;
    std::string request_;
};

subscribers::subscribers(event_loop& loop, const workload& work, int port)
    : loop_(loop), work_(work), port_(port) {
    latencies_.reserve(room_for_latencies);
}

subscribers::~subscribers() = default;

void subscribers::subscribe(std::size_t count, std::size_t tokens) {
    for (std::size_t i = 0; i < count; ++i) {
        auto request = work_.request(token(all_.size() % tokens));
        const int fd = connect_to(port_);
        stop_blocking(fd);
        all_.push_back(std::make_unique<subscriber>(*this, fd, std::move(request)));
    }
}

void subscribers::expect_event(bool record) {
    recording_ = record;
    sent_ = clock::now();
}

}  // namespace bench
