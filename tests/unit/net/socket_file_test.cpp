#include <gate/net/listener.hpp>
#include <gate/net/socket_file.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <loop.hpp>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace gate;
using net::open_socket_file;

namespace {

using local = boost::asio::local::stream_protocol;

struct fixture {
    fixture() { REQUIRE(::mkdtemp(directory.data()) != nullptr); }
    ~fixture() { std::filesystem::remove_all(directory); }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    std::string directory = "/tmp/socket_file_test.XXXXXX";
    std::string path() const { return directory + "/http.sock"; }
    bool is_there() const { return std::filesystem::is_socket(path()); }
    mode_t mode() const {
        struct stat found {};
        REQUIRE(::stat(path().c_str(), &found) == 0);
        return found.st_mode & 07777;
    }
    core::error_code error(unsigned mode = 0660) const {
        const auto opened = open_socket_file(path(), mode);
        REQUIRE_FALSE(opened.has_value());
        return opened.error();
    }
};

class with_umask {
public:
    explicit with_umask(mode_t mask) : before_(::umask(mask)) {}
    ~with_umask() { ::umask(before_); }
    with_umask(const with_umask&) = delete;
    with_umask& operator=(const with_umask&) = delete;

private:
    mode_t before_;
};

}  // namespace

TEST_CASE_METHOD(fixture, "the file of a socket has exactly its mode, whatever the umask") {
    const auto mask = GENERATE(0000, 0022, 0077);
    const auto wanted = GENERATE(0600U, 0660U, 0666U);
    const with_umask in_force(static_cast<mode_t>(mask));
    const auto opened = open_socket_file(path(), wanted);
    REQUIRE(opened.has_value());
    CHECK(mode() == wanted);
}

TEST_CASE_METHOD(fixture, "the file is removed at the end, if it is still ours") {
    const bool is_replaced = GENERATE(false, true);
    {
        auto opened = open_socket_file(path(), 0660);
        REQUIRE(opened.has_value());
        if (is_replaced) {
            std::filesystem::remove(path());
            std::ofstream(path()) << "another one";
        }
    }
    CHECK(std::filesystem::exists(path()) == is_replaced);
}

TEST_CASE_METHOD(fixture, "a socket at which nobody listens is replaced") {
    {
        const net::listening_socket crashed(::socket(AF_UNIX, SOCK_STREAM, 0));
        const local::endpoint where(path());
        REQUIRE(::bind(crashed.descriptor(), where.data(), static_cast<socklen_t>(where.size())) == 0);
    }
    REQUIRE(is_there());
    const auto opened = open_socket_file(path(), 0660);
    REQUIRE(opened.has_value());
    boost::asio::io_context context;
    local::socket client(context);
    client.connect(path());
}

TEST_CASE_METHOD(fixture, "a socket at which somebody listens is left alone") {
    auto first = open_socket_file(path(), 0660);
    REQUIRE(first.has_value());
    CHECK(error() == boost::system::errc::address_in_use);
    boost::asio::io_context context;
    local::socket client(context);
    client.connect(path());
}

TEST_CASE_METHOD(fixture, "what is no socket is never removed") {
    std::ofstream(path()) << "precious";
    CHECK(error() == boost::system::errc::file_exists);
    CHECK(std::filesystem::file_size(path()) == 8);
    std::filesystem::remove(path());
    std::filesystem::create_symlink("/etc/passwd", path());
    CHECK(error() == boost::system::errc::file_exists);
}

TEST_CASE_METHOD(fixture, "a directory that is not there is an error") {
    std::filesystem::remove_all(directory);
    CHECK(error() == boost::system::errc::no_such_file_or_directory);
}

TEST_CASE_METHOD(fixture, "connections to a Unix socket tell whose process has made them") {
    auto opened = open_socket_file(path(), 0660);
    REQUIRE(opened.has_value());
    test::loop on;
    net::listener subject(on.context.get_executor(), on.wheel, std::move(opened->socket));
    std::optional<net::remote> found;
    subject.start([&found](core::stream_socket, const net::remote& from) { found = from; });
    local::socket client(on.context);
    client.connect(path());
    on.run_until([&found] { return found.has_value(); });
    CHECK(found->is_unix);
    CHECK(found->uid == ::getuid());
    CHECK(found->address == net::ip_address());
}

TEST_CASE_METHOD(fixture, "several event loops accept from one socket") {
    auto opened = open_socket_file(path(), 0660);
    REQUIRE(opened.has_value());
    auto copy = opened->socket.duplicate();
    REQUIRE(copy.has_value());
    test::loop on;
    int taken = 0;
    net::listener first(on.context.get_executor(), on.wheel, std::move(opened->socket));
    net::listener second(on.context.get_executor(), on.wheel, std::move(*copy));
    for (auto* const each : {&first, &second})
        each->start([&taken](core::stream_socket, const net::remote&) { ++taken; });
    first.close();
    local::socket client(on.context);
    client.connect(path());
    on.run_until([&taken] { return taken == 1; });
}
