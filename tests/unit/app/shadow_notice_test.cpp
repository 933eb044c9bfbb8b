#include "logged_lines.hpp"

#include <gate/app/shadow_notice.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;

namespace {

struct fixture {
    double gauge() const {
        telemetry::metrics_snapshot all;
        notice.collect(all);
        return std::get<double>(*all.find("gate_shadow_mode", {}));
    }

    core::asio::io_context context{1};
    logged_lines log;
    config::config options;
    app::shadow_notice notice{context.get_executor(), log.events, 1ms};
};

}  // namespace

TEST_CASE_METHOD(fixture, "shadow mode is warned of when it begins, again and again, and when it ends") {
    notice.configure(options);
    CHECK(gauge() == 0.0);
    CHECK(notice.trouble().empty());
    CHECK(log.count("shadow mode") == 0);

    options.auth.shadow = true;
    notice.configure(options);
    CHECK(gauge() == 1.0);
    CHECK(notice.trouble() == "shadow mode is on (auth.shadow): requests pass that would be refused");
    CHECK(log.count("shadow mode is on") == 1);
    const auto end = core::clock::now() + 60s;
    while (log.count("shadow mode is on") < 3) {
        REQUIRE(core::clock::now() < end);
        context.restart();
        context.run_for(2ms);
    }

    options.auth.shadow = false;
    notice.configure(options);
    CHECK(gauge() == 0.0);
    CHECK(notice.trouble().empty());
    CHECK(log.count("shadow mode is off") == 1);
    const auto before = log.count("shadow mode is on");
    context.restart();
    context.run_for(20ms);
    CHECK(log.count("shadow mode is on") == before);
}

TEST_CASE_METHOD(fixture, "one route in shadow is shadow mode too, and one without it is not") {
    options.routes.resize(2);
    options.routes[0].shadow = false;
    notice.configure(options);
    CHECK(gauge() == 0.0);
    options.routes[1].shadow = true;
    notice.configure(options);
    CHECK(gauge() == 1.0);
    CHECK(notice.trouble() == "shadow mode is on (1 route): requests pass that would be refused");
    notice.configure(options);
    CHECK(log.count("shadow mode is on") == 1);  // nothing is new
    options.routes[1].paths = {"/other/**"};
    notice.configure(options);
    CHECK(log.count("shadow mode is on") == 2);  // as many routes, but another one
    options.auth.shadow = true;
    notice.configure(options);
    CHECK(log.count("shadow mode is on") == 3);  // it is on in more places
}
