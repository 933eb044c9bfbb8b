#include "clients.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace bench {
namespace {

constexpr std::size_t room_for_latencies = 4'000'000;
constexpr std::string_view good = "HTTP/1.1 200";

}  // namespace

class clients::client final : public connection {
public:
    client(clients& owner, int fd, ssl_pointer tls, std::string request)
        : connection(owner.loop_, fd, std::move(tls)), owner_(owner), request_(std::move(request)) {
        digits_ = request_.data() + request_.find("agt_") + 4;
    }

    void ask(time_point began) {
        began_ = began;
        if (owner_.work_.fresh_tokens || owner_.rotated_ != 0) renumber(digits_, owner_.next_token());
        send(request_);
    }

    void on_head(std::string_view head) override {
        received_ = 0;
        is_good_ = head.starts_with(good);
        if (!is_good_ && owner_.bad_ < 2) {
            std::fprintf(stderr, "bad: %.*s\n", static_cast<int>(std::min<std::size_t>(head.size(), 200)),
                         head.data());
        }
    }
    void on_body(std::string_view bytes) override { received_ += bytes.size(); }
    void on_end() override {
        if (!is_good_ || received_ != owner_.work_.response_body) ++owner_.bad_;
        owner_.on_answer(*this);
    }
    void on_close() override { ++owner_.lost_; }

    time_point began() const { return began_; }

private:
    clients& owner_;
    std::string request_;
    char* digits_;
    time_point began_;
    std::size_t received_ = 0;
    bool is_good_ = false;
};

// Fresh tokens begin with the time, so that no run meets those that an earlier one has left in a cache on
// disk.
clients::clients(event_loop& loop, const workload& work, int port, pace when)
    : loop_(loop),
      work_(work),
      port_(port),
      pace_(when),
      due_(clock::now()),
      next_token_(static_cast<std::uint64_t>(due_.time_since_epoch().count())) {
    latencies_.reserve(room_for_latencies);
}

clients::~clients() = default;

void clients::connect(std::size_t count, std::size_t tokens) {
    for (std::size_t i = 0; i < count; ++i) {
        auto request = work_.request(token(all_.size() % tokens));
        const int fd = connect_to(port_);
        auto tls = is_tls_ ? tls_client(fd) : ssl_pointer();
        if (tls) shake_hands(*tls);
        stop_blocking(fd);
        all_.push_back(std::make_unique<client>(*this, fd, std::move(tls), std::move(request)));
        if (pace_ == pace::rate) free_.push_back(all_.back().get());
    }
}

void clients::ask_all() {
    for (auto& each : all_) each->ask(clock::now());
}

void clients::ask_one(std::size_t n) {
    all_[n]->ask(clock::now());
}

time_point clients::ask_due(double rate) {
    const auto step = duration(static_cast<duration::rep>(1e9 / rate));
    for (const auto now = clock::now(); due_ <= now; due_ += step) {
        if (free_.empty()) {
            waiting_.push_back(due_);
            continue;
        }
        auto* next = free_.back();
        free_.pop_back();
        next->ask(due_);
    }
    return due_;
}

void clients::on_answer(client& from) {
    const auto now = clock::now();
    ++answered_;
    if (recording_) {
        const auto longest = duration(std::numeric_limits<std::uint32_t>::max());
        latencies_.push_back(
            static_cast<std::uint32_t>(std::min(duration(now - from.began()), longest).count()));
    }
    if (pace_ == pace::closed_loop) {
        from.ask(now);
    } else if (pace_ == pace::rate && waiting_.empty()) {
        free_.push_back(&from);
    } else if (pace_ == pace::rate) {
        const auto since = waiting_.front();
        waiting_.pop_front();
        from.ask(since);
    }
}

std::uint64_t clients::next_token() {
    const auto number = next_token_++;
    return work_.fresh_tokens ? number : number % rotated_;
}

}  // namespace bench
