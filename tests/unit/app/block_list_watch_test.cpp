#include "logged_lines.hpp"

#include <gate/app/block_list_watch.hpp>

#include <catch.hpp>
#include <optional>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct fixture {
    ~fixture() {
        subject.stop();
        context.restart();
        context.poll();
    }
    template <class Condition>
    void run_until(Condition done) {
        const auto end = core::clock::now() + 60s;
        while (!done()) {
            REQUIRE(core::clock::now() < end);
            context.restart();
            context.run_for(2ms);
        }
    }
    void replace(const fs::path& where, std::string_view text) {
        write(files.path() / "being_written", text);
        fs::rename(files.path() / "being_written", where);
    }
    bool is_blocked(std::string_view account) { return view.is_blocked(account, core::clock::now()); }

    temporary_directory files;
    fs::path file = files.path() / "blocked.txt";
    logged_lines log;
    core::asio::io_context context{1};
    auth::blocked_accounts blocked;
    auth::blocked_view view{blocked};
    int changes = 0;
    app::block_list_watch subject{context.get_executor(),
                                  blocked,
                                  log.events,
                                  [this] { ++changes; },
                                  {std::chrono::hours(1), core::duration{1}}};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a list is in force when it is watched, and each that takes its place") {
    write(file, "gacct_1\n");
    REQUIRE(subject.watch(file.string()));
    CHECK(is_blocked("gacct_1"));
    CHECK(changes == 1);
    replace(file, "gacct_2\n");
    run_until([&] { return is_blocked("gacct_2"); });
    CHECK_FALSE(is_blocked("gacct_1"));
    CHECK(changes == 2);
    CHECK(log.count("the list of blocked accounts was read again") == 1);
    CHECK(subject.trouble().empty());
}

TEST_CASE_METHOD(fixture, "a list that has vanished or is wrong leaves the last one in force, loudly") {
    write(file, "gacct_1\n");
    REQUIRE(subject.watch(file.string()));
    SECTION("gone") {
        fs::remove(file);
    }
    SECTION("no list") {
        replace(file, "gacct_1\nagt_secret\n");
    }
    SECTION("empty") {
        replace(file, "");
    }
    SECTION("a directory") {
        fs::remove(file);
        fs::create_directory(file);
    }
    run_until([&] { return !subject.trouble().empty(); });
    CHECK(is_blocked("gacct_1"));
    CHECK(changes == 1);
    CHECK(log.count("the last one stays in force") == 1);
    CHECK(log.count("agt_secret") == 0);

    fs::remove_all(file);
    replace(file, "gacct_3\n");
    run_until([&] { return is_blocked("gacct_3"); });
    CHECK_FALSE(is_blocked("gacct_1"));
    CHECK(subject.trouble().empty());
}

TEST_CASE_METHOD(fixture, "another file takes the place of the first, and none blocks nobody") {
    write(file, "gacct_1\n");
    const auto other = files.path() / "other.txt";
    write(other, "gacct_2\n");
    REQUIRE(subject.watch(file.string()));
    REQUIRE(subject.watch(other.string()));
    CHECK(is_blocked("gacct_2"));
    CHECK_FALSE(is_blocked("gacct_1"));
    REQUIRE(subject.watch(""));
    CHECK_FALSE(is_blocked("gacct_2"));
    context.restart();
    context.poll();  // what the watches have left
}

TEST_CASE_METHOD(fixture, "a file that cannot be used is not begun with, and changes nothing") {
    CHECK_FALSE(subject.watch((files.path() / "none").string()));
    CHECK(log.count("cannot be read: No such file or directory") == 1);
    write(file, "gacct_1\n");
    REQUIRE(subject.watch(file.string()));
    const auto other = files.path() / "other.txt";
    write(other, "two words\n");
    CHECK_FALSE(subject.watch(other.string()));
    CHECK(is_blocked("gacct_1"));
    CHECK(log.count("other.txt:1: holds more than one account") == 1);
}

TEST_CASE_METHOD(fixture, "an operator who asks is told what became of it") {
    std::vector<std::string> told;
    const auto ask = [&] { subject.reload([&](const std::string& problem) { told.push_back(problem); }); };
    ask();
    CHECK(told == std::vector<std::string>{""});
    write(file, "gacct_1\n");
    REQUIRE(subject.watch(file.string()));
    ask();
    run_until([&] { return told.size() == 2; });
    CHECK(told.back().empty());
    fs::remove(file);
    ask();
    run_until([&] { return told.size() == 3; });
    CHECK(told.back().find("cannot be read") != std::string::npos);
}
