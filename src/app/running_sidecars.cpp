#include <gate/app/running_sidecars.hpp>
#include <gate/core/text.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include <signal.h>
#include <unistd.h>

namespace gate::app {
namespace {

namespace fs = std::filesystem;

// Nothing where it must not be read. A process that has ended meanwhile has an empty name.
std::optional<std::string> name_of(const fs::path& process) {
    std::ifstream in(process / "comm");
    std::error_code ec;
    if (!in) return fs::exists(process, ec) ? std::nullopt : std::optional<std::string>("");
    std::string name;
    std::getline(in, name);
    return name;
}

// One that serves blocks SIGUSR1 and waits for it. Another command of the same program, such as `validate`,
// does neither: the signal would end it.
bool waits_for_drain(const fs::path& process) {
    std::ifstream in(process / "status");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("SigBlk:") && !line.starts_with("SigCgt:")) continue;
        const auto signals = std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 16);  // proc(5)
        if (((signals >> (SIGUSR1 - 1)) & 1U) != 0) return true;
    }
    return false;
}

bool is_number(const std::string& text) {
    return core::all_digits(text) && text.size() < 10;
}

}  // namespace

running_sidecars find_running_sidecars(const fs::path& proc) {
    constexpr std::string_view sidecar = "gate-sidecar";
    running_sidecars out;
    std::error_code ec;
    out.some_are_hidden = !fs::exists(proc / "1", ec);  // there always is a process 1
    for (fs::directory_iterator each(proc, ec), end; !ec && each != end; each.increment(ec)) {
        const auto number = each->path().filename().string();
        if (!is_number(number)) continue;
        const int pid = std::stoi(number);
        const auto name = name_of(each->path());
        out.some_are_hidden |= !name;
        if (name != sidecar || pid == ::getpid()) continue;
        if (pid == 1) return {{1}, false};
        if (waits_for_drain(each->path())) out.pids.push_back(pid);
    }
    out.some_are_hidden |= static_cast<bool>(ec);
    return out;
}

}  // namespace gate::app
