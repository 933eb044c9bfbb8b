#include "temporary_directory.hpp"

#include <gate/app/running_sidecars.hpp>

#include <algorithm>
#include <catch.hpp>
#include <filesystem>
#include <fstream>

using namespace gate::app;
namespace fs = std::filesystem;

namespace {

// As in proc(5): SIGHUP, SIGINT, SIGUSR1 and SIGTERM.
constexpr std::string_view signals_of_a_server = "0000000000004203";
constexpr std::string_view none = "0000000000000000";

void add_process(const fs::path& proc, const std::string& pid, const std::string& name,
                 std::string_view blocked = signals_of_a_server, std::string_view caught = none) {
    fs::create_directory(proc / pid);
    std::ofstream(proc / pid / "comm") << name << '\n';
    std::ofstream(proc / pid / "status")
        << "Name:\t" << name << "\nSigBlk:\t" << blocked << "\nSigIgn:\t0000000000001006\nSigCgt:\t" << caught
        << "\nSeccomp:\t0\n";
}

}  // namespace

TEST_CASE("sidecars are found by the names of their processes") {
    const temporary_directory proc;
    add_process(proc.path(), "1", "init");
    CHECK(find_running_sidecars(proc.path()).pids.empty());
    add_process(proc.path(), "70", "gate-sidecar");
    add_process(proc.path(), "71", "gate-sidecars");
    add_process(proc.path(), "self", "gate-sidecar");
    CHECK(find_running_sidecars(proc.path()).pids == std::vector{70});
    add_process(proc.path(), "72", "gate-sidecar");
    auto both = find_running_sidecars(proc.path());
    std::ranges::sort(both.pids);
    CHECK(both.pids == std::vector{70, 72});
    CHECK_FALSE(both.some_are_hidden);
}

TEST_CASE("a command that the signal of drain would end is no sidecar that serves") {
    const temporary_directory proc;
    add_process(proc.path(), "1", "init");
    add_process(proc.path(), "70", "gate-sidecar", none);
    CHECK(find_running_sidecars(proc.path()).pids.empty());
    add_process(proc.path(), "71", "gate-sidecar");
    CHECK(find_running_sidecars(proc.path()).pids == std::vector{71});
    fs::remove(proc.path() / "71" / "status");  // it has ended meanwhile
    CHECK(find_running_sidecars(proc.path()).pids.empty());
    add_process(proc.path(), "72", "gate-sidecar", none, signals_of_a_server);
    CHECK(find_running_sidecars(proc.path()).pids == std::vector{72});
}

TEST_CASE("process 1 goes before others") {
    const temporary_directory proc;
    add_process(proc.path(), "1", "gate-sidecar");
    add_process(proc.path(), "70", "gate-sidecar");
    CHECK(find_running_sidecars(proc.path()).pids == std::vector{1});
}

TEST_CASE("that processes are hidden is noticed") {
    const temporary_directory proc;
    CHECK(find_running_sidecars(proc.path() / "missing").some_are_hidden);
    CHECK(find_running_sidecars(proc.path()).some_are_hidden);  // hidepid=2: not even process 1
    add_process(proc.path(), "1", "init");
    CHECK_FALSE(find_running_sidecars(proc.path()).some_are_hidden);
    fs::create_directory(proc.path() / "70");  // hidepid=1: its name must not be read
    const auto found = find_running_sidecars(proc.path());
    CHECK(found.some_are_hidden);
    CHECK(found.pids.empty());
}
