#include "lying_store.hpp"

#include <stdexcept>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gate::test {
namespace {

void say(int to, std::string_view what) {
    while (!what.empty()) {
        const auto put = ::send(to, what.data(), what.size(), MSG_NOSIGNAL);
        if (put <= 0) return;
        what.remove_prefix(static_cast<std::size_t>(put));
    }
}

}  // namespace

lying_store::lying_store(std::string greeting, std::function<std::string(std::string_view)> answer)
    : greeting_(std::move(greeting)),
      answer_(std::move(answer)),
      listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_, 16) != 0)
        throw std::runtime_error("no socket to lie on");
    thread_ = std::thread([this] { run(); });
}

lying_store::~lying_store() {
    is_stopping_ = true;
    thread_.join();
    ::close(listening_);
}

void lying_store::run() {
    std::vector<pollfd> all{{listening_, POLLIN, 0}};
    while (!is_stopping_) {
        ::poll(all.data(), all.size(), 5);
        for (std::size_t i = all.size(); i-- > 1;) {
            if (all[i].revents == 0) continue;
            char buffer[65536];
            const auto got = ::recv(all[i].fd, buffer, sizeof buffer, 0);
            if (got > 0) {
                say(all[i].fd, answer_({buffer, static_cast<std::size_t>(got)}));
            } else {
                ::close(all[i].fd);
                all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        if ((all[0].revents & POLLIN) == 0) continue;
        const int made = ::accept(listening_, nullptr, nullptr);
        if (made < 0) continue;
        ++connections_;
        say(made, greeting_);
        all.push_back({made, POLLIN, 0});
    }
    for (std::size_t i = 1; i < all.size(); ++i) ::close(all[i].fd);
}

}  // namespace gate::test
