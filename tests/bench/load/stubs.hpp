#pragma once
// The two servers behind the proxies: the upstream, and Gate's verify endpoint, which says yes to everything.
#include "connection.hpp"
#include "workload.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

struct stub_options {
    int upstream_port = 0;
    int verify_port = 0;
    std::string upstream_path{};  // of a Unix socket where the upstream listens, too; empty: none
    bool share_ports = false;     // another load generator listens there too
    bool check_identity = true;   // requests must carry the account
};

struct tally {
    std::uint64_t verifications = 0;
    std::uint64_t wrong_bodies = 0;  // of another length than was sent
    std::uint64_t checked = 0;       // requests whose head was looked at: every sixteenth
    std::uint64_t without_identity = 0;
    std::uint64_t with_token = 0;  // Authorization was passed on
};

class stubs {
public:
    stubs(event_loop& loop, const stub_options& options, const workload& work);

    const tally& seen() const { return seen_; }
    // The streams that were asked for and not closed since.
    std::size_t streams() const { return streams_.size(); }
    // Sends one event on each stream.
    void broadcast();

private:
    class upstream_connection;
    class verify_connection;

    void check(std::string_view head);

    event_loop& loop_;
    stub_options options_;
    const workload& work_;
    std::string verification_ = verification();
    tally seen_;
    std::uint64_t requests_ = 0;
    std::vector<std::unique_ptr<watched>> connections_;
    std::vector<upstream_connection*> streams_;
    acceptor upstream_;
    acceptor verify_;
    std::unique_ptr<acceptor> unix_upstream_;
};

}  // namespace bench
