#include <gate/store/log_cursor.hpp>
#include <gate/store/log_replies.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::store;
using auth::log_position;
using kind = log_cursor::step::kind;
using std::chrono::milliseconds;

const core::time_point start = core::time_point() + std::chrono::hours(1);

// One that has heard all up to `position`.
log_cursor at(log_position position) {
    log_cursor out;
    out.begin();
    out.looked(position, start);
    out.has_read(position);
    return out;
}

TEST_CASE("a log is read from its beginning, and then waited for") {
    log_cursor cursor;
    cursor.begin();
    CHECK(cursor.next(start).action == kind::look);
    CHECK_FALSE(cursor.looked({20'000, 0}, start));
    CHECK(cursor.next(start).action == kind::read);
    CHECK(cursor.next(start).after == log_position{});
    CHECK_FALSE(cursor.has_read(log_position{15'000, 1}));
    CHECK(cursor.next(start).after == log_position{15'000, 1});
    CHECK(cursor.has_read(log_position{20'000, 0}));
    CHECK(cursor.next(start).action == kind::await);
    CHECK_FALSE(cursor.has_read(log_position{20'001, 0}));
    CHECK(cursor.position() == log_position{20'001, 0});
}

TEST_CASE("an empty log has been read when there is nothing") {
    log_cursor cursor;
    cursor.begin();
    CHECK_FALSE(cursor.looked({}, start));
    CHECK(cursor.has_read({}));
    CHECK_FALSE(cursor.has_read({}));
}

TEST_CASE("a log whose last entries were deleted has been read when there is nothing more") {
    log_cursor cursor;
    cursor.begin();
    cursor.looked({20'000, 0}, start);
    CHECK_FALSE(cursor.has_read(log_position{19'000, 0}));
    CHECK(cursor.has_read({}));
}

TEST_CASE("the newest id is looked at after each empty read, and once a second") {
    auto cursor = at({20'000, 0});
    CHECK(cursor.next(start).action == kind::await);
    cursor.has_read({});
    CHECK(cursor.next(start).action == kind::look);
    cursor.looked({20'000, 0}, start);
    CHECK(cursor.next(start + milliseconds(999)).action == kind::await);
    cursor.has_read(log_position{20'001, 0});
    CHECK(cursor.next(start + milliseconds(1'000)).action == kind::look);
}

TEST_CASE("after a connect the log is read from ten seconds before what has been heard") {
    auto cursor = at({25'000, 7});
    cursor.begin();
    CHECK(cursor.next(start).action == kind::look);
    CHECK_FALSE(cursor.looked({25'000, 9}, start));
    CHECK(cursor.next(start).action == kind::read);
    CHECK(cursor.next(start).after == log_position{15'000, 0});
    // What has been heard before is heard again, and the position does not fall.
    CHECK_FALSE(cursor.has_read(log_position{16'000, 0}));
    CHECK(cursor.position() == log_position{25'000, 7});
    CHECK(cursor.has_read(log_position{25'000, 9}));
    cursor = at({5'000, 0});
    cursor.begin();
    cursor.looked({5'000, 0}, start);
    CHECK(cursor.next(start).after == log_position{});
}

TEST_CASE("what was heard while it was catching up is read again if that was interrupted") {
    log_cursor cursor;
    cursor.begin();
    cursor.looked({50'000, 0}, start);
    CHECK_FALSE(cursor.has_read(log_position{40'000, 0}));
    CHECK(cursor.position() == log_position{40'000, 0});
    cursor.begin();
    CHECK_FALSE(cursor.looked({50'000, 0}, start));
    CHECK(cursor.next(start).after == log_position{});
    cursor.has_read(log_position{50'000, 0});
    cursor.begin();
    cursor.looked({50'000, 0}, start);
    CHECK(cursor.next(start).after == log_position{40'000, 0});
}

TEST_CASE("a log whose newest id is lower than what has been heard is read from its beginning") {
    auto cursor = at({25'000, 7});
    CHECK(cursor.looked({25'000, 6}, start));
    CHECK(cursor.position() == log_position{});
    CHECK(cursor.next(start).action == kind::read);
    CHECK(cursor.next(start).after == log_position{});
    CHECK(cursor.has_read(log_position{25'000, 6}));
    CHECK(cursor.looked({}, start));  // and now it is gone
}

TEST_CASE("an id far ahead that is set back keeps the reader from nothing for longer than a second") {
    auto cursor = at({25'000, 0});
    cursor.has_read(log_position{~0ULL, 1});
    const auto later = start + milliseconds(1'000);
    REQUIRE(cursor.next(later).action == kind::look);
    CHECK(cursor.looked({25'100, 0}, later));
    CHECK(cursor.next(later).after == log_position{});
}

reply text(std::string value) {
    return {.is = reply::form::text, .text = std::move(value)};
}
reply list(std::vector<reply> items) {
    return {.is = reply::form::list, .items = std::move(items)};
}
reply entry(std::string id, std::vector<reply> fields) {
    return list({text(std::move(id)), list(std::move(fields))});
}
reply answer(std::vector<reply> entries) {
    return list({list({text("key"), list(std::move(entries))})});
}
const reply too_large{.is = reply::form::too_large};

TEST_CASE("ids are read as Redis writes them") {
    CHECK(position_in("1700000000000-12") == log_position{1'700'000'000'000, 12});
    CHECK(position_in("18446744073709551615-18446744073709551615") == log_position{~0ULL, ~0ULL});
    for (const std::string_view bad :
         {"", "-", "1", "1-", "-1", "1-1-1", "1-x", "18446744073709551616-0", " 1-1"}) {
        INFO(bad);
        CHECK_FALSE(position_in(bad));
    }
    CHECK(to_text({12, 3}) == "12-3");
}

TEST_CASE("entries are read; what is too large or no message is told with its id") {
    const auto got =
        entries_in(answer({entry("1-1", {text("m"), text("sealed")}), entry("1-2", {text("m"), too_large}),
                           list({text("1-3"), too_large}), entry("1-4", {text("x"), text("sealed")}),
                           entry("1-5", {text("m")})}));
    REQUIRE(got);
    REQUIRE(got->size() == 5);
    CHECK((*got)[0].message == "sealed");
    CHECK_FALSE((*got)[0].is_too_large);
    CHECK_FALSE((*got)[0].is_malformed);
    CHECK((*got)[1].is_too_large);
    CHECK((*got)[2].is_too_large);
    CHECK((*got)[2].id == log_position{1, 3});
    CHECK((*got)[3].is_malformed);
    CHECK((*got)[4].is_malformed);
    const auto nothing = entries_in({});
    REQUIRE(nothing);
    CHECK(nothing->empty());
}

TEST_CASE("what is no answer to XREAD is none") {
    CHECK_FALSE(entries_in(text("OK")));
    CHECK_FALSE(entries_in(list({})));
    CHECK_FALSE(entries_in(reply(too_large)));
    CHECK_FALSE(entries_in(list({text("key")})));
    CHECK_FALSE(entries_in(list({list({text("key"), too_large})})));
    CHECK_FALSE(entries_in(answer({text("1-1")})));
    CHECK_FALSE(entries_in(answer({entry("one", {text("m"), text("s")})})));
    // Ids that do not grow would keep the reader where it is.
    CHECK_FALSE(
        entries_in(answer({entry("1-2", {text("m"), text("s")}), entry("1-1", {text("m"), text("s")})})));
}

TEST_CASE("the newest id of a log is that of XINFO, and 0-0 where there is none") {
    CHECK(newest_in(list({text("length"),
                          {.is = reply::form::number, .number = 1},
                          text("last-generated-id"),
                          text("5-6"),
                          text("last-entry"),
                          too_large})) == log_position{5, 6});
    CHECK(newest_in({.is = reply::form::error, .text = "ERR no such key"}) == log_position{});
    CHECK_FALSE(newest_in({.is = reply::form::error, .text = "WRONGTYPE Operation"}));
    CHECK_FALSE(newest_in(list({text("length")})));
    CHECK_FALSE(newest_in(text("OK")));
}

}  // namespace
