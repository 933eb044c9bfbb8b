#include <gate/core/reason.hpp>

#include <catch.hpp>
#include <set>
#include <string>

using namespace gate::core;

TEST_CASE("every reason has a code of its own and a sentence") {
    std::set<std::string_view> codes;
    for (std::size_t i = 0; i < reason_count; ++i) {
        const auto why = static_cast<reason>(i);
        INFO("reason " << i);
        CHECK(codes.insert(to_string(why)).second);
        CHECK((describe(why).ends_with('.') || describe(why).find("agt_...") != std::string_view::npos));
    }
}

TEST_CASE("the table of reasons is in the order of the enumeration") {
    CHECK(to_string(reason::none) == "none");
    CHECK(to_string(reason::token_missing) == "token_missing");
    CHECK(to_string(reason::gate_unreachable) == "gate_unreachable");
    CHECK(to_string(reason::bad_request_line) == "bad_request_line");
    CHECK(to_string(reason::upstream_refused) == "upstream_refused");
    CHECK(to_string(reason::internal_error) == "internal_error");
}

TEST_CASE("a reason survives the way through an error_code") {
    const error_code ec = reason::bad_chunk;
    CHECK(reason_of(ec) == reason::bad_chunk);
    CHECK(ec.message() == describe(reason::bad_chunk));
}

TEST_CASE("a foreign error_code becomes the reason that the caller names") {
    const error_code ec(ECONNREFUSED, boost::system::system_category());
    CHECK(reason_of(ec, reason::upstream_refused) == reason::upstream_refused);
}
