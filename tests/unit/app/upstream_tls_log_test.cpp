#include "logged_lines.hpp"

#include <gate/app/upstream_tls_log.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;

TEST_CASE("what is wrong with TLS to an upstream is told once in a while, and what changes immediately") {
    logged_lines log;
    const core::time_point start{1h};
    app::upstream_tls_log subject(log.events, "orders");
    subject.note(reason::upstream_tls_untrusted, "certificate has expired", start);
    subject.note(reason::upstream_tls_untrusted, "certificate has expired", start + 1s);
    subject.note(reason::upstream_tls_untrusted, "certificate has expired", start + 9s);
    CHECK(log.count("certificate has expired") == 1);
    CHECK(log.count("orders") == 1);
    subject.note(reason::upstream_tls_name, "hostname mismatch", start + 9s);
    CHECK(log.count("hostname mismatch") == 1);
    CHECK(log.count("failures_not_logged=2") == 1);
    subject.note(reason::upstream_tls_name, "hostname mismatch", start + 19s);
    CHECK(log.count("hostname mismatch") == 2);
}
