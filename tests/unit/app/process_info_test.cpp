#include <gate/app/process_info.hpp>

#include <catch.hpp>
#include <fstream>
#include <string>

#include <stdlib.h>

using namespace gate::app;
namespace fs = std::filesystem;

namespace {

// A file system of its own, gone with the object.
class fake_root {
public:
    fake_root() {
        char name[] = "/tmp/gate-root-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~fake_root() { fs::remove_all(path_); }
    fake_root(const fake_root&) = delete;
    fake_root& operator=(const fake_root&) = delete;

    fake_root& file(const fs::path& name, const std::string& content) {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << content;
        return *this;
    }
    fake_root& own_group(const std::string& lines) { return file("proc/self/cgroup", lines); }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

const fs::path cgroup = "sys/fs/cgroup";

}  // namespace

TEST_CASE("without a cgroup there is no limit, and all schedulable CPUs count") {
    const fake_root root;
    CHECK(!cgroup_cpu_limit(root.path()));
    CHECK(cpu_quota(root.path()) == schedulable_cpus());
    CHECK(schedulable_cpus() >= 1);
}

TEST_CASE("cgroup v2 limits the CPUs by cpu.max") {
    struct row {
        const char* max;
        std::optional<double> expected;
    };
    const row rows[] = {
        {"max 100000\n", {}},   {"150000 100000\n", 1.5}, {"50000 100000\n", 0.5},
        {"400000 200000\n", 2}, {"garbage\n", {}},        {"", {}},
        {"100000\n", {}},       {"100000 0\n", {}},
    };
    for (const auto& [max, expected] : rows) {
        INFO(max);
        fake_root root;
        root.own_group("0::/\n").file(cgroup / "cpu.max", max);
        CHECK(cgroup_cpu_limit(root.path()) == expected);
    }
}

TEST_CASE("the tightest limit from the own cgroup up to the mount counts") {
    fake_root root;
    root.own_group("0::/pods/pod1/sidecar\n")
        .file(cgroup / "pods/cpu.max", "max 100000")
        .file(cgroup / "pods/pod1/cpu.max", "120000 100000")
        .file(cgroup / "pods/pod1/sidecar/cpu.max", "300000 100000")
        .file(cgroup / "pods/pod2/cpu.max", "1000 100000");
    CHECK(cgroup_cpu_limit(root.path()) == 1.2);
}

TEST_CASE("the mount itself counts where the path of the cgroup leads nowhere or outside") {
    for (const auto* group : {"0::/kubepods/pod1\n", "0::/../../pod1\n"}) {
        fake_root root;
        root.own_group(group).file(cgroup / "cpu.max", "70000 100000");
        CHECK(cgroup_cpu_limit(root.path()) == 0.7);
    }
}

TEST_CASE("cgroup v1 limits the CPUs by quota and period") {
    const std::string lines = "9:name=systemd:/x\n5:cpuset:/wrong\n4:cpu,cpuacct:/docker/abc\n0::/\n";
    SECTION("of its own group") {
        fake_root root;
        root.own_group(lines)
            .file(cgroup / "cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n")
            .file(cgroup / "cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
        CHECK(cgroup_cpu_limit(root.path()) == 2.5);
    }
    SECTION("of the mount, by its other name") {
        fake_root root;
        root.own_group(lines)
            .file(cgroup / "cpu/cpu.cfs_quota_us", "30000\n")
            .file(cgroup / "cpu/cpu.cfs_period_us", "100000\n");
        CHECK(cgroup_cpu_limit(root.path()) == 0.3);
    }
    SECTION("none") {
        fake_root root;
        root.own_group(lines)
            .file(cgroup / "cpu/cpu.cfs_quota_us", "-1\n")
            .file(cgroup / "cpu/cpu.cfs_period_us", "100000\n");
        CHECK(!cgroup_cpu_limit(root.path()));
    }
    SECTION("of another controller: not ours") {
        fake_root root;
        root.own_group("5:cpuset:/\n")
            .file(cgroup / "cpuset/cpu.cfs_quota_us", "1\n")
            .file(cgroup / "cpuset/cpu.cfs_period_us", "100000\n");
        CHECK(!cgroup_cpu_limit(root.path()));
    }
}

TEST_CASE("the quota is rounded up, is at least one, and no more than can be scheduled") {
    fake_root root;
    root.own_group("0::/\n").file(cgroup / "cpu.max", "1000 100000");
    CHECK(cpu_quota(root.path()) == 1);
    root.file(cgroup / "cpu.max", "110000 100000");
    CHECK(cpu_quota(root.path()) == std::min(2u, schedulable_cpus()));
    root.file(cgroup / "cpu.max", "100000000 100000");
    CHECK(cpu_quota(root.path()) == schedulable_cpus());
}
