#include "watched_key.hpp"

using namespace gate;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using core::secret_string;

namespace {

// As editors and careful programs do it.
void replace(const fs::path& where, std::string_view text) {
    const auto other = where.parent_path() / "being_written";
    write(other, text);
    fs::rename(other, where);
}

// As the kubelet does it: a new directory, and a link to it that takes the place of the last one.
void mount(const fs::path& directory, const std::string& version, std::string_view key) {
    fs::create_directory(directory / version);
    write(directory / version / "key", key);
    fs::create_symlink(version, directory / "..data_tmp");
    fs::rename(directory / "..data_tmp", directory / "..data");
}

}  // namespace

TEST_CASE_METHOD(watched, "a key that takes the place of the file is noticed") {
    start();
    replace(file, "sk_test_new\n");
    run_until_shown("sk_test_new");
    replace(file, "sk_test_third");
    run_until_shown("sk_test_third");
    CHECK(successes() == 2);
    CHECK(failures() == 0);
    CHECK(has_logged("a new secret key was read"));
    CHECK_FALSE(has_logged("sk_test"));
}

TEST_CASE_METHOD(watched, "a key that is written into the file is noticed") {
    start();
    write(file, "sk_test_new\n");
    run_until_shown("sk_test_new");
}

TEST_CASE_METHOD(watched, "a mounted secret whose ..data is swapped is noticed, again and again") {
    fs::remove(file);
    mount(directory, "..1", "sk_test_old");
    fs::create_symlink("..data/key", file);
    start();
    for (const std::string number : {"2", "3", "4"}) {
        mount(directory, ".." + number, "sk_test_" + number);
        run_until_shown("sk_test_" + number);
        fs::remove_all(directory / (".." + std::to_string(std::stoi(number) - 1)));
    }
    CHECK(failures() == 0);
}

TEST_CASE_METHOD(watched, "what holds no key is told, and changes nothing") {
    start();
    SECTION("emptied") {
        write(file, "");
    }
    SECTION("not a key") {
        write(file, "confidential");
    }
    SECTION("a key with something behind it") {
        write(file, "sk_test_confidential\nmore\n");
    }
    SECTION("too much") {
        write(file, std::string(5000, 'c'));
    }
    SECTION("gone") {
        fs::remove(file);
    }
    SECTION("a directory") {
        fs::remove(file);
        fs::create_directory(file);
    }
    run_until([&] { return failures() > 0; });
    CHECK(has_logged("the last good key stays in use"));
    CHECK(has_logged(file.string()));
    CHECK(has_logged(" error "));
    CHECK_FALSE(has_logged("confidential"));
    CHECK(shown() == "sk_test_old");
    CHECK(successes() == 0);

    fs::remove_all(file);
    replace(file, "sk_test_old");
    run_until([&] { return successes() == 1; });
    CHECK(has_logged("is valid again"));
    CHECK(shown() == "sk_test_old");
}

TEST_CASE_METHOD(watched, "content counts, not time stamps") {
    start();
    replace(file, "sk_test_old");
    fs::last_write_time(file, fs::file_time_type::clock::now() + 1h);
    replace(file, "sk_test_new");
    run_until_shown("sk_test_new");
    CHECK(successes() == 1);
}

TEST_CASE_METHOD(watched, "a failure is counted as often as it is met, and logged once") {
    start({.poll = 1ms, .settle = 1ms});
    fs::remove(file);
    run_until([&] { return failures() > 5; });
    const auto text = log();
    const auto first = text.find("the last good key stays in use");
    REQUIRE(first != std::string::npos);
    CHECK(text.find("the last good key stays in use", first + 1) == std::string::npos);
}

TEST_CASE_METHOD(watched, "a change that no directory tells of is seen by the next poll") {
    const auto elsewhere = temporary.path() / "elsewhere";
    write(elsewhere, "sk_test_old");
    fs::remove(file);
    fs::create_symlink(elsewhere, file);
    start({.poll = 20ms, .settle = 1ms});
    write(elsewhere, "sk_test_new");
    run_until_shown("sk_test_new");
}

TEST_CASE_METHOD(watched, "a directory that is replaced is watched again") {
    start({.poll = 20ms, .settle = 1h});
    fs::rename(directory, temporary.path() / "old_directory");
    fs::create_directory(directory);
    replace(file, "sk_test_new");
    run_until_shown("sk_test_new");
}

TEST_CASE_METHOD(watched, "a refusal has the file read, where no directory tells of the change") {
    const auto elsewhere = temporary.path() / "elsewhere";
    write(elsewhere, "sk_test_old");
    fs::remove(file);
    fs::create_symlink(elsewhere, file);
    const auto start_with = [&](core::duration settle) {
        start({.poll = 1h, .settle = settle, .look = 1ms});
    };
    const auto old = std::make_shared<const secret_string>("sk_test_old");
    bool is_over = false;

    SECTION("as soon as two looks have found the same key") {
        start_with(1h);
        write(elsewhere, "sk_test_new");
        watch->read_again(old, [&] { is_over = true; });
        run_until([&] { return is_over; });
        CHECK(shown() == "sk_test_new");
    }
    SECTION("and once more, when there was no other key yet") {
        start_with(1ms);
        watch->read_again(old, [&] { is_over = true; });
        context.restart();
        context.poll_one();
        CHECK_FALSE(is_over);
        write(elsewhere, "sk_test_new");
        run_until([&] { return is_over; });
        CHECK(shown() == "sk_test_new");
    }
    SECTION("and the call that waits is told when there is no other one") {
        start_with(1ms);
        watch->read_again(old, [&] { is_over = true; });
        run_until([&] { return is_over; });
        CHECK(shown() == "sk_test_old");
    }
}

TEST_CASE_METHOD(watched, "an operator who asks is told what came of it") {
    start();
    reload();
    CHECK(has_logged("the secret key has not changed"));
    CHECK(successes() == 1);
    write(file, "");
    reload();
    reload();
    CHECK(failures() == 2);
    write(file, "sk_test_new");
    reload();
    run_until_shown("sk_test_new");
}

TEST_CASE_METHOD(watched, "a key that is half-written is not taken") {
    start();
    write(file, "sk_test_ha");
    reload();
    CHECK(shown() == "sk_test_old");
    write(file, "sk_test_half_no_more");
    run_until([&] {
        const auto key = shown();
        CHECK(key != "sk_test_ha");
        return key == "sk_test_half_no_more";
    });
}

TEST_CASE_METHOD(watched, "who asks is told what was read, after the second look where the key is new") {
    start({.poll = 1h, .settle = 1h, .look = 1ms});
    SECTION("the same key") {
        reload();
        REQUIRE(told.size() == 1);
        CHECK(told.back().problem.empty());
        CHECK_FALSE(told.back().is_new);
        CHECK(successes() == 1);
    }
    SECTION("a new key") {
        replace(file, "sk_test_new");
        reload();
        reload();
        CHECK(told.empty());
        run_until([&] { return told.size() == 2; });
        CHECK(told.front().is_new);
        CHECK(told.back().is_new);
        CHECK(shown() == "sk_test_new");
    }
    SECTION("no file") {
        fs::remove(file);
        reload();
        REQUIRE(told.size() == 1);
        CHECK(told.back().problem.starts_with(file.string() + ": "));
        CHECK(failures() == 1);
        CHECK(watch->trouble().find("the last good key stays in use") != std::string::npos);
        replace(file, "sk_test_old");
        reload();
        CHECK(told.back().problem.empty());
        CHECK(watch->trouble().empty());
    }
    SECTION("a file that is gone at the second look") {
        replace(file, "sk_test_new");
        reload();
        fs::remove(file);
        run_until([&] { return told.size() == 1; });
        CHECK_FALSE(told.back().problem.empty());
    }
    SECTION("another file is watched before the second look") {
        replace(file, "sk_test_new");
        reload();
        SECTION("with a key") {
            write(directory / "other", "sk_test_other");
            watch->watch(directory / "other", {});
            run_until([&] { return told.size() == 1; });
            CHECK(shown() == "sk_test_other");
        }
        SECTION("none, but the environment") {
            watch->watch("", secret_string("sk_test_environment"));
            CHECK(told.size() == 1);
        }
        CHECK(told.back().is_new);
    }
}

TEST_CASE_METHOD(watched, "a key file that changes continuously is a failure") {
    start({.poll = 1h, .settle = 1h, .look = 1ms});
    int number = 0;
    reload();
    write(file, "sk_test_0");
    reload();
    while (failures() == 0 && number < 10'000) {
        write(file, "sk_test_" + std::to_string(++number));
        context.restart();
        context.run_one_for(100ms);
        REQUIRE(shown() == "sk_test_old");
    }
    CHECK(has_logged("changes continuously"));
}

TEST_CASE_METHOD(watched, "a key from the environment cannot change, and HUP says so") {
    start(by_inotify_alone, "");
    reload();
    CHECK(told.size() == 1);
    CHECK(told.back().problem.empty());
    CHECK(has_logged("comes from the environment"));
    CHECK(successes() + failures() == 0);
}

TEST_CASE_METHOD(watched, "calls are worth a try again when a key works, or comes, after all were refused") {
    start();
    CHECK(watch->trouble().empty());
    keys.refused(secret_string("sk_test_old"), core::clock::now());
    CHECK(metric("gate_key_refused") == 1);
    CHECK(watch->trouble() == "Gate refuses the secret key");
    CHECK(changes == 0);

    SECTION("works") {
        keys.worked(secret_string("sk_test_old"));
        CHECK(has_logged("Gate accepts the secret key again"));
    }
    SECTION("comes") {
        replace(file, "sk_test_new");
        run_until([&] { return changes > 0; });
        CHECK(metric("gate_key_refused") == 1);
        CHECK(shown() == "sk_test_new");
        CHECK(has_logged("the old one is no longer used"));
        CHECK(changes == 2);
    }
    CHECK(changes > 0);
    CHECK(metric("gate_key_refused") == 0);
    CHECK(watch->trouble().empty());
}

TEST_CASE_METHOD(watched, "a new key that is refused while the old one works is an error of its own") {
    start();
    replace(file, "sk_test_new");
    run_until([&] { return successes() > 0; });
    keys.refused(secret_string("sk_test_new"), core::clock::now());
    keys.worked(secret_string("sk_test_old"));
    CHECK(has_logged("the new secret key does not work"));
    CHECK(metric("gate_key_change_refused") == 1);
    CHECK(metric("gate_key_refused") == 0);
    CHECK(watch->trouble() == "the new secret key does not work; the old one is in use");
    replace(file, "sk_test_old");
    run_until([&] { return successes() > 1; });
    CHECK(metric("gate_key_change_refused") == 0);
    CHECK(has_logged("the secret key file holds the key in use again"));
}

TEST_CASE_METHOD(watched, "the time of the last success moves with it") {
    const auto name = std::string("config_last_reload_success_timestamp_seconds{what=\"secret_key\"}");
    start();
    const auto began = metric(name);
    CHECK(began > 1.6e9);
    replace(file, "");
    run_until([&] { return failures() > 0; });
    CHECK(metric(name) == began);
    replace(file, "sk_test_new");
    run_until([&] { return successes() > 0; });
    CHECK(metric(name) >= began);
}
