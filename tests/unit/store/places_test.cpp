#include <gate/store/places.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using store::fault;
using form = store::reply::form;

TEST_CASE("where a node of a cluster sends us is read") {
    CHECK(store::host_in_redirection("MOVED 3999 10.0.0.1:6381") == config::store_host{"10.0.0.1", 6381});
    CHECK(store::host_in_redirection("MOVED 3999 :6381") == config::store_host{"", 6381});
    CHECK(store::host_in_redirection("MOVED 3999 ::1:6381") == config::store_host{"::1", 6381});
    for (const std::string_view bad : {"", "MOVED", "MOVED 3999", "MOVED 3999 host", "MOVED 3999 host:",
                                       "MOVED 3999 host:0", "MOVED 3999 host:99999", "MOVED 3999 ho\tst:1"}) {
        INFO(bad);
        CHECK_FALSE(store::host_in_redirection(bad));
    }
}

store::reply text(std::string what) {
    return {.is = form::text, .text = std::move(what)};
}

store::reply list(std::vector<store::reply> items) {
    return {.is = form::list, .items = std::move(items)};
}

TEST_CASE("the place that a sentinel tells is read") {
    const auto got = store::place_in(list({text("10.0.0.1"), text("6380")}), "mymaster");
    CHECK(got.failure == fault::none);
    CHECK(got.where == config::store_host{"10.0.0.1", 6380});
}

TEST_CASE("a sentinel that tells no place is said to, in words of ours") {
    const struct {
        store::reply answer;
        fault why;
        const char* said;
    } rows[] = {
        {{}, fault::failed, "knows no store named mymaster"},
        {{.is = form::error, .text = "NOAUTH Authentication required."}, fault::refused, "NOAUTH"},
        {{.is = form::error, .text = "NOPERM this user has no permissions"}, fault::refused, "NOPERM"},
        {{.is = form::error, .text = "open-sesame is no good password"}, fault::failed, "ERR"},
        {text("10.0.0.1:6380"), fault::garbled, ""},
        {list({}), fault::garbled, ""},
        {list({text("10.0.0.1")}), fault::garbled, ""},
        {list({text("10.0.0.1"), text("6380"), text("x")}), fault::garbled, ""},
        {list({text(""), text("6380")}), fault::garbled, ""},
        {list({text("ho\nst"), text("6380")}), fault::garbled, ""},
        {list({text(std::string(256, 'h')), text("6380")}), fault::garbled, ""},
        {list({text("10.0.0.1"), text("0")}), fault::garbled, ""},
        {list({text("10.0.0.1"), text("65536")}), fault::garbled, ""},
        {list({text("10.0.0.1"), text("6380x")}), fault::garbled, ""},
    };
    for (const auto& row : rows) {
        const auto got = store::place_in(row.answer, "mymaster");
        INFO(row.answer.text << row.said);
        CHECK_FALSE(got.where);
        CHECK(got.failure == row.why);
        CHECK(got.said == row.said);
    }
}

}  // namespace
