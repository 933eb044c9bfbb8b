#include "../temporary_directory.hpp"

#include <gate/app/doctor/limits_section.hpp>

#include <algorithm>
#include <catch.hpp>
#include <fstream>

using namespace gate;
using namespace gate::app::doctor;

namespace {

state state_in(const findings& all, std::string_view id) {
    const auto found = std::ranges::find(all, id, &finding::id);
    REQUIRE(found != all.end());
    return found->is;
}

}  // namespace

TEST_CASE("descriptors and memory are held against what the configuration may need") {
    config::config options;
    limit_facts found;
    const auto is = [&](std::string_view id) { return state_in(judge_limits(options, 2, found), id); };
    CHECK(is("limits.descriptors") == state::pass);
    CHECK(is("limits.memory") == state::pass);
    found.descriptors = 1024;
    CHECK(is("limits.descriptors") == state::warn);
    options.limits.connections = 100;
    CHECK(is("limits.descriptors") == state::pass);
    found.memory = memory_needed(options).idle;
    CHECK(is("limits.memory") == state::pass);
    --*found.memory;
    CHECK(is("limits.memory") == state::warn);
}

TEST_CASE("the shipped manifests give the defaults enough memory") {
    CHECK(memory_needed({}).idle < 128U * 1024 * 1024);
}

TEST_CASE("the memory of the control group is read, whatever its version") {
    temporary_directory root;
    std::filesystem::create_directories(root.path() / "proc");
    std::filesystem::create_directories(root.path() / "sys/fs/cgroup/memory");
    CHECK_FALSE(look_at_limits({}, 1, root.path()).memory);
    std::ofstream(root.path() / "sys/fs/cgroup/memory/memory.limit_in_bytes") << "9223372036854771712\n";
    CHECK_FALSE(look_at_limits({}, 1, root.path()).memory);
    std::ofstream(root.path() / "sys/fs/cgroup/memory/memory.limit_in_bytes") << "1000\n";
    CHECK(look_at_limits({}, 1, root.path()).memory == 1000U);
    std::ofstream(root.path() / "sys/fs/cgroup/memory/memory.limit_in_bytes") << "9223372036854771712\n";
    std::ofstream(root.path() / "sys/fs/cgroup/memory.max") << "134217728\n";
    CHECK(look_at_limits({}, 1, root.path()).memory == 134217728U);
}

TEST_CASE("the memory of a service is that of its own control group, or of one above it") {
    temporary_directory root;
    const auto groups = root.path() / "sys/fs/cgroup";
    std::filesystem::create_directories(root.path() / "proc/self");
    std::filesystem::create_directories(groups / "system.slice/gate-sidecar.service");
    std::ofstream(root.path() / "proc/self/cgroup") << "0::/system.slice/gate-sidecar.service\n";
    std::ofstream(groups / "system.slice/gate-sidecar.service/memory.max") << "67108864\n";
    CHECK(look_at_limits({}, 1, root.path()).memory == 67108864U);
    std::ofstream(groups / "system.slice/memory.max") << "33554432\n";
    CHECK(look_at_limits({}, 1, root.path()).memory == 33554432U);
}

TEST_CASE("the control group of a process is found in version 1, too, whatever its name") {
    temporary_directory root;
    const auto groups = root.path() / "sys/fs/cgroup/memory";
    std::filesystem::create_directories(root.path() / "proc/self");
    std::filesystem::create_directories(groups / "a:b");
    std::ofstream(root.path() / "proc/self/cgroup") << "5:cpu:/other\n4:memory:/a:b\n\nnothing\n0::/gone\n";
    std::ofstream(groups / "a:b/memory.limit_in_bytes") << "67108864\n";
    CHECK(look_at_limits({}, 1, root.path()).memory == 67108864U);
}
