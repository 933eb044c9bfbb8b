// The load generator, the upstream and the verify stub in one thread of one process, so that all of them can
// share a CPU with the proxy under test, whose CPU is read from the kernel at both ends of the measured time.
// Prints one JSON object.
//
//   load --port N --upstream N --verify N [--work get] [--connections 50] [--seconds 1.2] [--warm-up 0.4]
//   [--rate N]
//        [--tokens 100] [--rotate] [--pids 1,2] [--idle] [--serve] [--beside] [--no-identity] [--tls]
//        [--upstream-unix PATH]
//
// --work     get, post, chunked, download, upload, miss, sse, handshake (TLS, and no request)
// --tls      the proxy speaks TLS 1.3
// --upstream-unix  the upstream listens there, too
// --rate     requests a second whatever the answers take; without it, each connection asks again when it has
// its answer
// --rotate   the next token for each request; without it, each connection keeps one
// --pids     the proxy's processes
// --idle     opens the connections, asks once on each, and measures memory
// --beside   a second load generator measures at the same time: they share the ports of upstream and stub
// --serve    is only the upstream and the verify stub, until it is killed
#include "measure.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>

#include <sys/resource.h>

namespace {

using namespace bench;

std::vector<int> numbers(const std::string& list) {
    std::vector<int> all;
    std::istringstream in(list);
    for (std::string each; std::getline(in, each, ',');) all.push_back(std::stoi(each));
    return all;
}

[[noreturn]] void refuse(const std::string& argument) {
    std::cerr << "load: " << argument << "?\n";
    std::exit(2);
}

bool take_switch(options& all, const std::string& name) {
    if (name == "--idle") return all.idle = true;
    if (name == "--rotate") return all.rotate = true;
    if (name == "--serve") return all.serve = true;
    if (name == "--tls") return all.tls = true;
    if (name == "--beside") return all.stubs.share_ports = true;
    if (name != "--no-identity") return false;
    all.stubs.check_identity = false;
    return true;
}

bool take_value(options& all, const std::string& name, const std::string& value) {
    if (name == "--port") return (all.port = std::stoi(value)) != 0;
    if (name == "--upstream") return (all.stubs.upstream_port = std::stoi(value)) != 0;
    if (name == "--verify") return (all.stubs.verify_port = std::stoi(value)) != 0;
    if (name == "--upstream-unix") return !(all.stubs.upstream_path = value).empty();
    if (name == "--work") return !(all.work = value).empty();
    if (name == "--connections") return (all.connections = std::stoul(value)) != 0;
    if (name == "--tokens") return (all.tokens = std::stoul(value)) != 0;
    if (name == "--seconds") return (all.seconds = std::stod(value)) > 0;
    if (name == "--warm-up") return (all.warm_up = std::stod(value)) > 0;
    if (name == "--rate") return (all.rate = std::stod(value)) > 0;
    if (name == "--pids") return !(all.pids = numbers(value)).empty();
    return false;
}

options read_options(int count, char** values) {
    options all;
    for (int i = 1; i < count; ++i) {
        const std::string name = values[i];
        if (take_switch(all, name)) continue;
        if (i + 1 == count || !take_value(all, name, values[i + 1])) refuse(name);
        ++i;
    }
    return all;
}

void allow_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** values) {
    const auto all = read_options(count, values);
    allow_descriptors();
    if (all.serve) {
        serve(all);
    } else if (all.idle) {
        measure_idle(all, std::cout);
    } else if (all.work == "handshake") {
        measure_handshakes(all, std::cout);
    } else if (all.work == "sse") {
        measure_streams(all, std::cout);
    } else {
        measure_requests(all, std::cout);
    }
}
