#include "parsed.hpp"

#include <gate/http/request_id.hpp>
#include <gate/http/traceparent.hpp>

#include <catch.hpp>
#include <set>
#include <string>
#include <vector>

using namespace gate::http;

TEST_CASE("sane request ids are kept, others are not") {
    for (const std::string& id : {std::string("a"), std::string("req_0123"),
                                  std::string("A-b.c_d~e+f/g=h:i@j"), std::string(128, 'x')}) {
        INFO(id);
        CHECK(is_sane_request_id(id));
    }
    for (const std::string& id :
         {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\"b"), std::string("a,b"),
          std::string("\xe4"), std::string("a\tb"), std::string("${x}"), std::string("a\0b", 3),
          std::string("<a>"), std::string("a'b"), std::string("a\\b")}) {
        INFO(id);
        CHECK_FALSE(is_sane_request_id(id));
    }
}

TEST_CASE("ids have the form that Gate's users know, and do not repeat") {
    request_id_source source;
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        const request_id id = source.next();
        const auto view = id.view();
        REQUIRE(view.size() == 36);
        REQUIRE(view.starts_with("req_"));
        REQUIRE(view.substr(4).find_first_not_of("0123456789abcdef") == std::string_view::npos);
        REQUIRE(is_sane_request_id(view));
        REQUIRE(seen.insert(std::string(view)).second);
    }
}

TEST_CASE("every digit occurs at every place of an id") {
    request_id_source source;
    std::vector<std::set<char>> digits(32);
    for (int i = 0; i < 1000; ++i) {
        const request_id id = source.next();
        for (std::size_t at = 0; at < 32; ++at) digits[at].insert(id.text[4 + at]);
    }
    for (const auto& place : digits) CHECK(place.size() == 16);
}

TEST_CASE("two workers make different ids, and equal keys equal ones") {
    CHECK(request_id_source().next().view() != request_id_source().next().view());
    CHECK(request_id_source(1, 2).next().view() == request_id_source(1, 2).next().view());
    CHECK(request_id_source(1, 2).next().view().substr(20) !=
          request_id_source(1, 3).next().view().substr(20));
}

TEST_CASE("a traceparent that we make is valid, with ids that do not repeat") {
    request_id_source source;
    std::set<std::string> traces;
    for (int i = 0; i < 1000; ++i) {
        const traceparent made = source.next_traceparent();
        INFO(made.view());
        REQUIRE(is_valid_traceparent(made.view()));
        REQUIRE(traces.insert(std::string(trace_id_of(made.view()))).second);
    }
}

TEST_CASE("a trace is continued with the same id and flags, and spans of our own") {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const std::string ids = "-" + trace + "-00f067aa0ba902b7-";
    const struct {
        std::string parent, flags;
    } table[] = {
        {"00" + ids + "00", "00"}, {"00" + ids + "01", "01"},      {"00" + ids + "03", "03"},
        {"00" + ids + "ff", "03"}, {"00" + ids + "fc", "00"},      {"01" + ids + "01", "01"},
        {"cc" + ids + "02", "00"}, {"fe" + ids + "ff-more", "01"},
    };
    request_id_source source;
    std::set<std::string> spans{"00f067aa0ba902b7"};
    for (const auto& row : table) {
        INFO(row.parent);
        const traceparent made = source.continued(row.parent);
        CHECK(is_valid_traceparent(made.view()));
        CHECK(made.view().starts_with("00-" + trace + "-"));
        CHECK(trace_flags_of(made.view()) == row.flags);
        CHECK(spans.insert(std::string(span_id_of(made.view()))).second);
    }
    for (int i = 0; i < 1000; ++i) {
        const traceparent made = source.continued(table[0].parent);
        REQUIRE(is_valid_traceparent(made.view()));
        REQUIRE(spans.insert(std::string(span_id_of(made.view()))).second);
    }
}

TEST_CASE("a trace comes in with one valid traceparent") {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const std::string line = "traceparent: " + good + "\r\n";
    const test::request one(test::request::with(line));
    CHECK(incoming_trace(one.head) == good);
    for (const std::string& lines : {std::string(), line + line, std::string("traceparent: 00\r\n"),
                                     "tracestate: " + good + "\r\n", "trace-parent: " + good + "\r\n"}) {
        INFO(lines);
        const test::request other(test::request::with(lines));
        CHECK(incoming_trace(other.head).empty());
    }
}

TEST_CASE("traceparents are checked as W3C Trace Context asks") {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const std::string span = "00f067aa0ba902b7";
    const std::string good = "00-" + trace + "-" + span + "-01";
    CHECK(is_valid_traceparent(good));
    CHECK(trace_id_of(good) == trace);
    CHECK(span_id_of(good) == span);
    CHECK(is_valid_traceparent("01-" + trace + "-" + span + "-01-more"));
    CHECK(is_valid_traceparent("cc-" + trace + "-" + span + "-01"));
    for (const std::string& bad :
         {std::string(), good + "-more", good + "x", "ff-" + trace + "-" + span + "-01",
          "01-" + trace + "-" + span + "-01x", "00-" + std::string(32, '0') + "-" + span + "-01",
          "00-" + trace + "-" + std::string(16, '0') + "-01",
          "00-4BF92f3577b34da6a3ce929d0e0e4736-" + span + "-01", "00-" + trace + "-" + span + "-0g",
          "0g-" + trace + "-" + span + "-01", "00_" + trace + "-" + span + "-01",
          "00-" + trace + "_" + span + "-01", "00-" + trace + "-" + span + "_01", good.substr(0, 54)}) {
        INFO(bad);
        CHECK_FALSE(is_valid_traceparent(bad));
    }
}
