// Exactly so many requests, on command: the caller, the upstream and the verify stub of the load generator
// in one thread, so that what a program did can be divided by what it was asked.
//
//   costs_driver get|post|...     prints the ports of the upstream and of the verify stub, which it chose
//   standard input                connect PORT COUNT    opens so many connections
//                                 ask COUNT             so many requests, each connection's in turn, all
//                                 connections
//                                                       at once: the next wave begins when all have their
//                                                       answers
// Each command is answered with a line, the number of requests answered so far, when it is done. While the
// driver waits for a command nothing moves. It ends with an error when an answer is not what it should be.
#include "clients.hpp"
#include "stubs.hpp"

#include <iostream>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

using namespace bench;

constexpr int descriptors_looked_at = 64;
constexpr auto poll_time = std::chrono::milliseconds(50);

// Of the listening sockets of this process, in the order in which they were opened.
void print_ports() {
    for (int fd = 0; fd < descriptors_looked_at; ++fd) {
        int listens = 0;
        socklen_t size = sizeof listens;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
        sockaddr_in at{};
        size = sizeof at;
        if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0)
            std::cout << ntohs(at.sin_port) << ' ';
    }
    std::cout << std::endl;
}

class driver {
public:
    explicit driver(const char* work) : work_(work), behind_(loop_, {}, work_) {}

    void connect(int port, std::size_t count) {
        callers_ = std::make_unique<clients>(loop_, work_, port, pace::once);
        callers_->connect(count, count);
        asked_ = 0;
    }

    void ask(std::uint64_t count) {
        for (const auto end = asked_ + count; asked_ < end;) {
            for (std::size_t each = 0; each < callers_->size() && asked_ < end; ++each, ++asked_)
                callers_->ask_one(each);
            while (callers_->answered() < asked_) {
                loop_.run_once(poll_time);
                check();
            }
        }
    }

    std::uint64_t answered() const { return callers_->answered(); }

private:
    void check() const {
        if (callers_->bad() + callers_->lost() + behind_.seen().wrong_bodies +
                behind_.seen().without_identity ==
            0)
            return;
        std::cerr << "bad: " << callers_->bad() << ", lost: " << callers_->lost()
                  << ", wrong bodies: " << behind_.seen().wrong_bodies
                  << ", without identity: " << behind_.seen().without_identity << std::endl;
        std::exit(1);
    }

    event_loop loop_;
    workload work_;
    stubs behind_;
    std::unique_ptr<clients> callers_;
    std::uint64_t asked_ = 0;
};

}  // namespace

int main(int count, char** values) {
    driver one(count > 1 ? values[1] : "get");
    print_ports();
    for (std::string command; std::cin >> command;) {
        std::size_t number = 0;
        int port = 0;
        if (command == "connect" && std::cin >> port >> number) {
            one.connect(port, number);
        } else if (command == "ask" && std::cin >> number) {
            one.ask(number);
        } else {
            std::cerr << "costs_driver: " << command << "?\n";
            return 2;
        }
        std::cout << one.answered() << std::endl;
    }
}
