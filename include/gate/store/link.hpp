#pragma once
// One open connection to the store, or to a sentinel: commands out, replies in. Belongs to one thread. At
// most one coroutine sends, and one receives.

#include <gate/core/task.hpp>
#include <gate/net/connector.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/upstream_tls.hpp>
#include <gate/store/fault.hpp>
#include <gate/store/login.hpp>
#include <gate/store/reply_reader.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gate::store {

// How a connection begins.
struct link_options {
    login as{};
    unsigned database = 0;
    net::upstream_tls tls{};  // off: without TLS
    reply_limits limits{};
};

class link {
public:
    link(std::unique_ptr<net::stream> bytes, reply_limits limits);

    // Connects to one of the addresses, secures and logs in, by `until`. Null, and why, if it cannot.
    struct opened {
        std::unique_ptr<link> own;
        fault failure = fault::none;
        std::string said{};  // by the store, where it refuses; for people
    };
    static core::task<opened> open(core::executor executor, net::deadline_wheel& wheel,
                                   std::shared_ptr<const net::address_list> addresses, link_options options,
                                   core::time_point until);

    // All of `bytes`, which outlive the call.
    core::task<fault> send(std::string_view bytes, core::time_point until);

    struct received {
        reply value;
        fault failure = fault::none;
    };
    // The next reply. `silence`: so long without a byte is too late as well. After `late`, the same one may
    // be waited for again.
    using span = core::clock::duration;
    core::task<received> receive(core::time_point until, span silence = span::max());

    // Whether nothing has come that has not been received: only then may a question be sent whose answer is
    // to be believed (rule 30).
    bool is_quiet();

    // One command, and its reply, as for receive(). Suspends before it has a reply, even one that is there
    // already.
    core::task<received> ask(std::string_view command, core::time_point until, span silence = span::max());

    // Whatever waits for it ends, and fails.
    void cut() noexcept { bytes_->cut(); }

    net::stream& bytes() noexcept { return *bytes_; }

private:
    core::task<opened> log_in(link_options options, core::time_point until);

    std::unique_ptr<net::stream> bytes_;
    reply_reader replies_;
    std::array<char, 16 * 1024> buffer_;
    bool has_waited_ = false;  // in the latest receive()
};

}  // namespace gate::store
