#include "logged_lines.hpp"

#include <gate/app/certificate_dates.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds start{1'800'000'000s};

struct fixture {
    // One that the listener shows.
    void show(const std::string& name, sys_seconds from, sys_seconds until) {
        net::tls_certificate one;
        one.first_name = name;
        one.sha256 = name + "'s digest";
        one.not_before = from;
        one.not_after = until;
        material.certificates.push_back(one);
    }
    std::chrono::seconds look(sys_seconds now) {
        app::tls_contents in_use;
        in_use.listeners.push_back({"proxy", std::make_shared<net::server_tls_material>(material)});
        return subject.look(in_use, now);
    }

    logged_lines log;
    net::server_tls_material material;
    app::certificate_dates subject{log.events};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a certificate that expires while it is in use is told of then, and every day") {
    show("a.test", start - 1h, start + 30s);
    CHECK(look(start) == 31s);
    CHECK(log.text().empty());
    CHECK(look(start + 30s) == 1s);
    CHECK(log.text().empty());
    look(start + 31s);
    CHECK(log.count("a certificate in use has expired") == 1);
    CHECK(log.count("certificate=\"a.test\"") == 1);
    look(start + 31s + 23h);
    CHECK(log.count("has expired") == 1);
    look(start + 31s + 24h);
    CHECK(log.count("has expired") == 2);
}

TEST_CASE_METHOD(fixture, "one that comes into use out of its time is told of immediately") {
    show("old.test", start - 2h, start - 1h);
    show("new.test", start + 1h, start + 2h);
    look(start);
    CHECK(log.count("a certificate in use has expired") == 1);
    CHECK(log.count("a certificate in use is not valid yet") == 1);
    look(start + 1h);
    CHECK(log.count("is not valid yet") == 1);
    look(start + 3h);
    CHECK(log.count("has expired") == 2);  // new.test
}

TEST_CASE_METHOD(fixture, "another one in its place is told of again") {
    show("old.test", start - 2h, start - 1h);
    look(start);
    material.certificates.clear();
    show("other.test", start - 2h, start - 1h);
    look(start + 1s);
    CHECK(log.count("has expired") == 2);
    material.certificates.clear();
    CHECK(look(start + 2s) == app::certificate_dates::longest_wait);
    CHECK(log.count("has expired") == 2);
}
