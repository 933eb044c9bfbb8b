#include "logged_lines.hpp"

#include <gate/app/service_manager.hpp>

#include <catch.hpp>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace gate;
using app::read_service_variables;
using app::service_manager;
using app::service_texts;
using app::service_variables;
using namespace std::chrono_literals;

namespace {

// The other end, as systemd has it.
class datagrams {
public:
    explicit datagrams(const std::string& name)
        : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path - 1);
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '@' ? 0 : 1);
        REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(size)) == 0);
    }
    ~datagrams() { ::close(descriptor_); }
    datagrams(const datagrams&) = delete;
    datagrams& operator=(const datagrams&) = delete;

    // The next one; empty: none has come.
    std::string next() {
        char text[512];
        const auto got = ::recv(descriptor_, text, sizeof text, MSG_DONTWAIT);
        return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string();
    }

private:
    int descriptor_;
};

// A service manager's view of a process with workers that the test plays.
struct notified {
    explicit notified(std::chrono::microseconds watchdog = 0us)
        : systemd(name()), manager(control.get_executor(), {name(), watchdog, {}}, log.events) {}

    std::string name() const { return (log.temporary.path() / "notify").string(); }

    service_manager::ask_all workers() {
        return [this](std::function<void()> done) { asked.push_back(std::move(done)); };
    }
    void workers_answer() {
        const auto done = std::move(asked.front());
        asked.pop_front();
        done();
    }
    // Until the workers have been asked `often` times more.
    void run_until_asked(std::size_t often) {
        while (asked.size() < often) control.run_one();
    }

    logged_lines log;
    datagrams systemd;
    core::asio::io_context control{1};
    std::deque<std::function<void()>> asked;
    service_manager manager;
};

}  // namespace

TEST_CASE("what the service manager has set is read, and what is not meant for this process is not") {
    const struct {
        service_texts given;
        std::string socket;
        std::chrono::microseconds watchdog;
        bool is_wrong;
    } table[] = {
        {{}, "", 0us, false},
        {{"/run/systemd/notify", "", ""}, "/run/systemd/notify", 0us, false},
        {{"@a/b", "", ""}, "@a/b", 0us, false},
        {{"/run/n", "30000000", ""}, "/run/n", 30s, false},
        {{"/run/n", "30000000", "7"}, "/run/n", 30s, false},
        {{"/run/n", "30000000", "8"}, "/run/n", 0us, false},
        {{"/run/n", "30000000", "x"}, "/run/n", 0us, false},
        {{"/run/n", "30s", "7"}, "/run/n", 0us, true},
        {{"/run/n", "0", "7"}, "/run/n", 0us, true},
        {{"/run/n", "-1", "7"}, "/run/n", 0us, true},
        {{"/run/n", "99999999999999999999", ""}, "/run/n", 0us, true},
        {{"", "30000000", ""}, "", 0us, false},
        {{"notify", "30000000", ""}, "", 0us, true},
        {{"@", "", ""}, "", 0us, true},
        {{"/", "", ""}, "", 0us, true},
        {{"vsock:2:1234", "", ""}, "", 0us, true},
    };
    for (const auto& row : table) {
        INFO(row.given.notify_socket << ' ' << row.given.watchdog_usec << ' ' << row.given.watchdog_pid);
        const auto read = read_service_variables(row.given, 7);
        CHECK(read.notify_socket == row.socket);
        CHECK(read.watchdog == row.watchdog);
        CHECK(read.problem.empty() == !row.is_wrong);
    }
    const auto longest = "/" + std::string(106, 'a');
    CHECK(read_service_variables({longest, "", ""}, 7).notify_socket == longest);
    CHECK(read_service_variables({longest + "a", "", ""}, 7).notify_socket.empty());
}

TEST_CASE("the variables are taken out of the environment") {
    ::setenv("NOTIFY_SOCKET", "/run/n", 1);
    ::setenv("WATCHDOG_USEC", "10", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    const auto taken = app::take_service_variables();
    CHECK(taken.notify_socket == "/run/n");
    CHECK(taken.watchdog == 10us);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        CHECK(std::getenv(name) == nullptr);
}

TEST_CASE("the service manager is told what the process does") {
    notified f;
    f.manager.ready(f.workers());
    CHECK(f.systemd.next() == "READY=1\nSTATUS=serving");
    f.manager.reloading();
    const auto reloading = f.systemd.next();
    CHECK(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(reloading.find_first_not_of("0123456789", 27) == reloading.find("\nSTATUS=reloading"));
    f.manager.reloaded(true);
    CHECK(f.systemd.next() == "READY=1\nSTATUS=serving");
    f.manager.reloading();
    f.systemd.next();
    f.manager.reloaded(false);
    CHECK(f.systemd.next() == "READY=1\nSTATUS=serving, but the last reload was refused: see the log");
    f.manager.draining();
    CHECK(f.systemd.next() == "STATUS=draining: new connections are still accepted");
    f.manager.stopping();
    CHECK(f.systemd.next() == "STOPPING=1\nSTATUS=shutting down");
    CHECK(f.asked.empty());  // there is no watchdog
}

TEST_CASE("a process that stops is not ready again, whatever it reloads") {
    notified f;
    f.manager.reloading();
    f.systemd.next();
    f.manager.stopping();
    f.systemd.next();
    f.manager.reloaded(true);
    f.manager.reloading();
    CHECK(f.systemd.next().empty());
}

TEST_CASE("the watchdog is told that the process is alive only when all workers have answered") {
    notified f(20ms);
    f.manager.ready(f.workers());
    f.systemd.next();
    REQUIRE(f.asked.size() == 1);
    CHECK(f.systemd.next().empty());
    f.workers_answer();
    CHECK(f.systemd.next() == "WATCHDOG=1");
    f.run_until_asked(1);
    CHECK(f.systemd.next().empty());
    // One hangs: it is not asked again, and nothing covers for it.
    for (int ticks = 0; ticks < 3; ++ticks) f.control.run_one();
    CHECK(f.asked.size() == 1);
    CHECK(f.systemd.next().empty());
    f.workers_answer();
    CHECK(f.systemd.next() == "WATCHDOG=1");
    f.run_until_asked(1);
    f.manager.stop();
    f.workers_answer();
    CHECK(f.systemd.next().empty());
    f.control.run();  // no timer is left
}

TEST_CASE("the socket may have an abstract name") {
    const auto name = "@gate-sidecar-test-" + std::to_string(::getpid());
    datagrams systemd(name);
    logged_lines log;
    core::asio::io_context control{1};
    service_manager manager(control.get_executor(), {name, 0us, {}}, log.events);
    manager.ready([](std::function<void()>) {});
    CHECK(systemd.next() == "READY=1\nSTATUS=serving");
}

TEST_CASE("without a service manager nothing is told, and one that is gone is named once") {
    logged_lines log;
    core::asio::io_context control{1};
    service_manager none(control.get_executor(), {}, log.events);
    none.ready([](std::function<void()>) {});
    none.stopping();
    service_manager gone(control.get_executor(), {"/nowhere/notify", 0us, {}}, log.events);
    gone.ready([](std::function<void()>) {});
    gone.draining();
    service_manager wrong(control.get_executor(), {{}, 0us, "this cannot be used"}, log.events);
    CHECK(log.count("the service manager cannot be told anything") == 1);
    CHECK(log.count("this cannot be used") == 1);
}
