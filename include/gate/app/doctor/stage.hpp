#pragma once
// The real proxy, in this process, between a client and an upstream that are both ours: to see what becomes
// of requests with the options of the configuration. Gate is played too, and the organization's key is not
// used. Nothing leaves the loopback.

#include <gate/app/process_state.hpp>
#include <gate/app/worker.hpp>
#include <gate/telemetry/log_output.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gate::app::doctor {

// Answers every request with `reply`, on a thread of its own, one connection after the other, each for as
// long as `patience` at most: no other program of this host that connects holds it.
class extra {
public:
    enum class place : std::uint8_t {
        loopback,      // a port of it, for everybody
        this_process,  // a Unix socket: what others of this host send there is not heard
    };
    // Throws std::runtime_error.
    extra(std::string reply, place at, core::duration patience = default_patience);
    ~extra();
    extra(const extra&) = delete;
    extra& operator=(const extra&) = delete;

    const core::stream_protocol::endpoint& address() const noexcept { return address_; }
    std::uint16_t port() const noexcept;  // of the loopback
    // The requests since the last call, byte for byte.
    std::vector<std::string> take();

private:
    static constexpr core::duration default_patience{5'000};

    void listen();
    void serve();
    void serve_one(int connection);
    bool is_heard(int connection) const;
    // False: the end, a failure, or `until`.
    static bool read_more(int connection, std::string& into, core::time_point until);

    const std::string reply_;
    const place at_;
    const core::duration patience_;
    int listening_ = -1;
    core::stream_protocol::endpoint address_;
    std::mutex mutex_;
    std::vector<std::string> seen_;
    std::thread thread_;
};

// What of `options` matters on the stage: the rules for fields and heads. Every request needs a token but for
// those at public_path. Pure.
config::config staged(const config::config& options);

class stage {
public:
    static constexpr std::string_view public_path = "/gate-sidecar-doctor/public";
    static constexpr std::string_view account = "gacct_00000000000000000000doctor";

    explicit stage(const config::config& options);  // throws std::runtime_error
    ~stage();
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    struct played {
        int status = 0;                 // that the client got; 0: none
        std::vector<std::string> seen;  // by the upstream
    };
    // A connection with these bytes.
    played play(std::string_view bytes);

private:
    extra upstream_;
    extra gate_;
    const config::config options_;
    const int nowhere_;
    telemetry::log_output output_;
    telemetry::event_log events_;
    telemetry::metrics metrics_;
    process_state state_;
    std::unique_ptr<worker> worker_;
    std::uint16_t port_ = 0;
};

}  // namespace gate::app::doctor
