#pragma once
// What a listener does with its requests. The session that carries a request knows its door, and not what
// lies behind it: a protected API (proxy), or a decision that another proxy asks for (answer).

#include <gate/core/clock.hpp>
#include <gate/core/frame_pool.hpp>
#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/protocol/inbound.hpp>
#include <gate/protocol/peer.hpp>

#include <cstddef>
#include <exception>
#include <memory>

namespace gate::protocol {

// One request with its response, as its session sees it.
class carried_exchange {
public:
    virtual ~carried_exchange() = default;
    carried_exchange(const carried_exchange&) = delete;
    carried_exchange& operator=(const carried_exchange&) = delete;
    // One for each request: from the memory of the coroutines.
    static void* operator new(std::size_t bytes) { return core::allocate_frame(bytes); }
    static void operator delete(void* at, std::size_t bytes) noexcept { core::free_frame(at, bytes); }

    // Serves the request, or says what was wrong with its `head`; none: nothing. Writes the access-log line
    // and the metrics. Never throws for what a peer does.
    virtual core::task<> run(core::reason head) = 0;

    // What was thrown while it ran, if anything was: nothing that a peer does.
    virtual const std::exception_ptr& surprise() const noexcept = 0;
    // When run() ended.
    virtual core::time_point ended() const noexcept = 0;
    // Gate vouches for the token of the request.
    virtual bool has_shown_token() const noexcept = 0;

    // The program is about to end.
    virtual void drain() = 0;
    // Ends the exchange now, for this reason. What the client has got of a response is not made complete.
    virtual void cut(core::reason why) noexcept = 0;
    // Has the token verified again if it is time to, or `at_once`, and ends the exchange if it is refused.
    // May run it to its end.
    virtual void look_at_token(core::time_point now, bool at_once) = 0;
    // Ends the exchange if its token was revoked through this process. May run it to its end.
    virtual void look_at_revocation(core::time_point now) = 0;
    // Ends it if it is a stream that the configuration of now would refuse; whether it did. May run it to its
    // end.
    virtual bool look_at_policy() = 0;

protected:
    carried_exchange() = default;
};

// Belongs to a worker; outlives its sessions.
class door {
public:
    // How heads are read now; valid until the next wait.
    virtual const http::reading_rules& reading() const noexcept = 0;
    // Whether `peer` is a proxy whose word about its clients counts, by the configuration of now.
    virtual bool trusts(const net::remote& peer) const = 0;
    // What holds for the certificates of clients that come in there, by the configuration of now; valid until
    // the next wait.
    virtual certificate_rules rules_for_certificates(const entrance& by) const noexcept = 0;
    // Whether `peer` stands for one client, so that limits.connections_per_client holds for it.
    virtual bool limits_connections_of(const net::remote&) const { return true; }
    // An exchange by the configuration of now, which the session holds until it has ended. `asking` and
    // `from` outlive it. `started`: when the first byte of the request was read; `head_came`: when its head
    // was whole.
    virtual std::unique_ptr<carried_exchange> begin(inbound& asking, const peer& from,
                                                    core::time_point started, core::time_point head_came) = 0;

protected:
    ~door() = default;
};

}  // namespace gate::protocol
