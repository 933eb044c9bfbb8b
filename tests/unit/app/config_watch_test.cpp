#include "temporary_directory.hpp"

#include <gate/app/config_watch.hpp>
#include <gate/app/file_digest.hpp>

#include <map>
#include <memory>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using app::config_watch;

namespace {

struct watched {
    temporary_directory temporary;
    fs::path file = temporary.path() / "c.yaml";
    core::asio::io_context context{1};
    std::vector<std::string> received;  // contents, and "! problem"
    bool finishes = true;               // at once
    std::unique_ptr<config_watch> watch;

    watched() { write(file, "a: 1\n"); }
    ~watched() {
        if (watch) watch->stop();
        context.restart();
        context.poll();
    }

    static constexpr config_watch::pace by_inotify_alone{std::chrono::hours(1), core::duration{1}};
    static constexpr config_watch::pace by_polling{core::duration{2}, core::duration{1}};
    void start(config_watch::pace speed = by_inotify_alone, std::vector<std::string> also = {},
               std::map<std::string, std::string> as_read = {}) {
        watch = std::make_unique<config_watch>(
            context.get_executor(), file.string(),
            [this](config_watch::content found) {
                received.push_back(found ? *found : "! " + found.error());
                if (finishes) watch->finished();
            },
            speed);
        watch->watch_also(std::move(also), std::move(as_read));
        watch->start("a: 1\n");
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
    // Everything that has a reason to happen has happened.
    void settle() {
        context.restart();
        context.run_for(50ms);
    }
    void replace(std::string_view text) {
        write(temporary.path() / "other", text);
        fs::rename(temporary.path() / "other", file);
    }
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(watched, "what the program has started with is not received") {
    start(by_polling);
    settle();
    CHECK(received.empty());
}

TEST_CASE_METHOD(watched, "a file that takes the place of the old one is received, once") {
    start();
    replace("a: 2\n");
    run_until([&] { return !received.empty(); });
    settle();
    CHECK(received == texts{"a: 2\n"});
}

TEST_CASE_METHOD(watched, "without word from the file system the poll finds it") {
    start(by_polling);
    write(file, "a: 2\n");
    run_until([&] { return !received.empty(); });
    settle();
    CHECK(received == texts{"a: 2\n"});
}

TEST_CASE_METHOD(watched, "a file that is gone is received as a problem, once, and its return as a content") {
    start(by_polling);
    fs::remove(file);
    run_until([&] { return !received.empty(); });
    settle();
    write(file, "a: 1\n");
    run_until([&] { return received.size() == 2; });
    CHECK(received == texts{"! cannot be read: No such file or directory", "a: 1\n"});
}

TEST_CASE_METHOD(watched, "a file that changes at every look is a problem in the end") {
    start(by_polling);
    int number = 0;
    run_until([&] {
        ++number;
        write(file, std::string(static_cast<std::size_t>(number % 100), '#') + std::to_string(number));
        context.restart();
        context.run_one_for(1ms);
        return !received.empty();
    });
    CHECK(received.size() == 1);
}

TEST_CASE_METHOD(watched, "an operator who asks gets what is known") {
    start();
    watch->ask();
    run_until([&] { return !received.empty(); });
    settle();
    CHECK(received == texts{"a: 1\n"});
}

TEST_CASE_METHOD(watched, "what comes while the last one is dealt with is received after it") {
    finishes = false;
    start();
    replace("a: 2\n");
    run_until([&] { return received.size() == 1; });
    replace("a: 3\n");
    watch->ask();
    watch->ask();
    settle();
    CHECK(received.size() == 1);
    finishes = true;
    watch->finished();
    run_until([&] { return received.size() == 2; });
    settle();
    CHECK(received == texts{"a: 2\n", "a: 3\n"});
}

TEST_CASE_METHOD(watched, "another content of a further file counts as a change") {
    const auto bundle = temporary.path() / "ca.pem";
    write(bundle, "one");
    start(by_polling, {bundle.string()});
    settle();
    CHECK(received.empty());
    write(bundle, "two");
    run_until([&] { return !received.empty(); });
    settle();
    CHECK(received == texts{"a: 1\n"});
}

TEST_CASE_METHOD(watched, "a further file that has changed since it was read is a change") {
    write(file, "a: 1\n");
    const auto other = temporary.path() / "tls.key";
    write(other, "new");
    SECTION("before the first look") {
        start(by_polling, {other.string()}, {{other.string(), app::digest_of("old")}});
        run_until([&] { return received.size() == 1; });
        watch->watch_also({other.string()}, {{other.string(), app::digest_of("new")}});
        settle();
        CHECK(received.size() == 1);
    }
    SECTION("or not") {
        start(by_polling, {other.string()}, {{other.string(), app::digest_of("new")}});
        settle();
        CHECK(received.empty());
    }
}

TEST_CASE_METHOD(watched, "what is no regular file is never looked at again unless somebody asks") {
    file = "/dev/null";
    start(by_polling);
    settle();
    CHECK(received.empty());
    watch->ask();
    run_until([&] { return !received.empty(); });
    CHECK(received == texts{"! is not a regular file"});
}

TEST_CASE_METHOD(watched, "nothing is received after the end") {
    start();
    watch->ask();
    watch->stop();
    settle();
    CHECK(received.empty());
}
