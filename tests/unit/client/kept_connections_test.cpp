#include <gate/client/kept_connections.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;

namespace {

const core::time_point start = core::time_point{} + 24h;

// Connections that were never opened: nothing but their rest is looked at.
struct kept_fixture {
    // Returns where it is, to tell it from others.
    const client::connection* keep(core::time_point now, core::time_point settles_at) {
        auto made = std::make_unique<client::connection>(context.get_executor(), nullptr, "localhost");
        made->rest_until(settles_at);
        const auto* const out = made.get();
        subject.keep(std::move(made), now);
        return out;
    }

    core::asio::io_context context{1};
    client::kept_connections subject{2, 30s};
};

}  // namespace

TEST_CASE_METHOD(kept_fixture, "the connection used last is taken first, if it has settled") {
    const auto* const first = keep(start, start);
    const auto* const last = keep(start, start + 10ms);
    SECTION("settled") {
        CHECK(subject.take(start + 10ms).get() == last);
        CHECK(subject.take(start + 10ms).get() == first);
        CHECK(subject.take(start + 10ms) == nullptr);
    }
    SECTION("not yet") {
        CHECK(subject.take(start + 9ms).get() == first);
        CHECK(subject.take(start + 9ms).get() == last);  // the caller waits for it
    }
}

TEST_CASE_METHOD(kept_fixture, "where no connection has settled the one that was used first is taken") {
    const auto* const first = keep(start, start + 10ms);
    keep(start, start + 20ms);
    CHECK(subject.take(start).get() == first);
}

TEST_CASE_METHOD(kept_fixture, "no more connections are kept than may be") {
    keep(start, start);
    keep(start, start);
    keep(start, start);
    CHECK(subject.size() == 2);
}

TEST_CASE_METHOD(kept_fixture, "a connection that has waited for its time is not used again") {
    keep(start, start);
    const auto* const later = keep(start + 1s, start);
    CHECK(subject.take(start + 30s).get() == later);
    CHECK(subject.size() == 0);
}

TEST_CASE_METHOD(kept_fixture, "connections under another TLS context are dropped") {
    boost::asio::ssl::context tls(boost::asio::ssl::context::tls_client);
    boost::asio::ssl::context other(boost::asio::ssl::context::tls_client);
    for (auto* const under : {&tls, &other})
        subject.keep(std::make_unique<client::connection>(context.get_executor(), under, "localhost"), start);
    subject.drop_others(&tls);
    REQUIRE(subject.size() == 1);
    CHECK(subject.take(start)->is_under(&tls));
}
