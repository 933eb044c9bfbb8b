#pragma once
// Says in the log which certificates in use are not in date: when they come into use, when their time comes,
// and every day as long as that lasts.

#include <gate/app/tls_contents.hpp>
#include <gate/telemetry/event_log.hpp>

#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace gate::app {

// Not thread-safe.
class certificate_dates {
public:
    static constexpr std::chrono::hours told_again_after{24};
    // Between two looks, since the clock of the machine may be set, and other certificates may come.
    static constexpr std::chrono::seconds longest_wait{60};

    // `events` outlives this object.
    explicit certificate_dates(const telemetry::event_log& events) : events_(events) {}

    // Tells what is due at `now`. Returns in which time there is something to look at again; more than 0.
    std::chrono::seconds look(const tls_contents& in_use, std::chrono::sys_seconds now);

private:
    void tell(const used_certificate& of, std::chrono::sys_seconds now) const;

    const telemetry::event_log& events_;
    // Of those that are not in date, by use and digest: when the last line was written.
    std::map<std::pair<std::string, std::string>, std::chrono::sys_seconds> told_;
};

}  // namespace gate::app
