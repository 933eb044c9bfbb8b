#pragma once
// What the files hold that the configuration names under `tls`, all of them read in one go. Immutable, and
// shared by all threads.

#include <gate/config/load.hpp>
#include <gate/net/tls_material.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

struct tls_contents {
    using server = std::shared_ptr<const net::server_tls_material>;  // null: without TLS
    using client = std::shared_ptr<const net::client_tls_material>;  // null: not https

    struct named {
        std::string name;  // of the listener: "proxy"
        server material;
    };
    std::vector<named> listeners;  // for requests
    server status;
    server admin;
    server answer;
    std::vector<client> upstreams;  // in the order of proxy::snapshot::upstreams
    client fleet;                   // to its store

    server of_listener(std::string_view name) const;
    bool operator==(const tls_contents& other) const;  // by content
};

// One certificate of them, and where it is shown.
struct used_certificate {
    std::string_view use;  // "listener", "status", "admin", "answer", "upstream", "fleet"
    const net::tls_certificate* certificate;
};
std::vector<used_certificate> all_certificates(const tls_contents& in);

// By path, before anything was read: what changes meanwhile differs.
using file_digests = std::map<std::string, std::string>;

struct tls_reading {
    std::shared_ptr<const tls_contents> found;  // null where there are problems
    std::vector<config::problem> problems;
    file_digests digests{};  // of all files
};

// Reads and checks the files that `of` names, and whether OpenSSL can use them together. What has not changed
// since `before` (which may be null) is the same object as there. `file`: what problems without a better
// place are told of.
tls_reading read_tls_contents(const config::loaded& of, const std::string& file, const tls_contents* before);

// All of those files, each once.
std::vector<std::string> tls_files_of(const config::config& options);

// Whether everything under `tls` says the same.
bool has_same_tls(const config::config& a, const config::config& b);

// Why `next` must not take the place of `before`: an expired certificate would take that of one in date. "":
// it may.
std::string why_not_to_replace(const tls_contents& before, const tls_contents& next,
                               std::chrono::sys_seconds now);

// "the certificate of api.example.com" where it has another digest, and "the authorities of clients", ...:
// what is different, for the log.
std::vector<std::string> tls_changes(const tls_contents& before, const tls_contents& after);

}  // namespace gate::app
