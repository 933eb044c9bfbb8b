#include "temporary_directory.hpp"

#include <gate/app/file_watch.hpp>
#include <gate/core/clock.hpp>

using namespace gate;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("a watch tells of its file, and not of others in the directory") {
    temporary_directory temporary;
    core::asio::io_context context{1};
    int told = 0;
    app::file_watch watch(context.get_executor(), (temporary.path() / "key").string(), [&] { ++told; });
    REQUIRE(watch.renew());
    write(temporary.path() / "other", "x");
    write(temporary.path() / "key.new", "x");
    context.poll();
    CHECK(told == 0);
    write(temporary.path() / "key", "x");
    const auto end = core::clock::now() + 60s;
    while (told == 0 && core::clock::now() < end) context.run_for(5ms);
    CHECK(told > 0);
    watch.stop();
}

TEST_CASE("a directory that is not there cannot be watched until it is") {
    temporary_directory temporary;
    core::asio::io_context context{1};
    app::file_watch watch(context.get_executor(), (temporary.path() / "later" / "key").string(), [] {});
    CHECK_FALSE(watch.renew());
    fs::create_directory(temporary.path() / "later");
    CHECK(watch.renew());
    watch.stop();
}
