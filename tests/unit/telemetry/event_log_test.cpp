#include "support.hpp"

#include <functional>
#include <limits>

using namespace gate;
using namespace gate::telemetry;
using namespace gate::telemetry::test;

namespace {

std::vector<std::string> lines_of(core::log_style options, const std::function<void(event_log&)>& use) {
    collector pipe;
    {
        log_output output(pipe.input());
        event_log log(output, options);
        use(log);
    }
    return split_lines(pipe.take());
}

}  // namespace

TEST_CASE("an event is one JSON object with its fields in their own types") {
    const auto lines = lines_of(json_at(core::log_level::debug), [](event_log& log) {
        log.warn("listening \"here\"\n", {{"server.address", "0.0.0.0"},
                                          {"server.port", 8080},
                                          {"tls", false},
                                          {"ratio", 0.5},
                                          {"nothing", ""},
                                          {"infinite", std::numeric_limits<double>::infinity()},
                                          {"lowest", std::numeric_limits<std::int64_t>::min()}});
    });
    REQUIRE(lines.size() == 1);
    const auto line = parse(lines.front());
    CHECK(text_of(line, "level") == "warn");
    CHECK(text_of(line, "message") == "listening \"here\"\n");
    CHECK(text_of(line, "server.address") == "0.0.0.0");
    CHECK(line["server.port"].GetInt() == 8080);
    CHECK(line["tls"].IsFalse());
    CHECK(line["ratio"].GetDouble() == 0.5);
    CHECK(line["lowest"].GetInt64() == std::numeric_limits<std::int64_t>::min());
    CHECK(line.MemberCount() == 8);  // neither "nothing" nor "infinite"
    CHECK(text_of(line, "timestamp").size() == 24);
}

TEST_CASE("rule 25: neither the message nor a text of an event shows an agent token, in either format") {
    for (const auto format : {core::log_format::json, core::log_format::text}) {
        const auto lines = lines_of({core::log_level::debug, format}, [](event_log& log) {
            log.debug("Gate said agt_secret\n", {{"error.type", "%61gt%5Fsecret \"\xff"}});
        });
        REQUIRE(lines.size() == 1);
        CHECK(lines.front().find("secret") == std::string::npos);
        CHECK(lines.front().find("Gate said agt_***\\n") != std::string::npos);
        CHECK(lines.front().find("\"agt_*** \\\"\xEF\xBF\xBD\"") != std::string::npos);
    }
}

TEST_CASE("an event in the text format is one line") {
    const auto lines = lines_of({core::log_level::info, core::log_format::text}, [](event_log& log) {
        log.error("no\nway", {{"error.type", "gate_timeout"}, {"attempt", 2u}});
    });
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().substr(24) == " error no\\nway error.type=\"gate_timeout\" attempt=2");
}

TEST_CASE("events below the lowest level are not written, and the level can change") {
    const auto lines = lines_of(json_at(core::log_level::warn), [](event_log& log) {
        log.info("one");
        log.warn("two");
        log.set_level(core::log_level::debug);
        log.debug("three");
        log.set_level(core::log_level::error);
        log.warn("four");
        log.error("five");
    });
    REQUIRE(lines.size() == 3);
    CHECK(text_of(parse(lines[0]), "message") == "two");
    CHECK(text_of(parse(lines[1]), "message") == "three");
    CHECK(text_of(parse(lines[2]), "message") == "five");
}

TEST_CASE("a text of any length fits, cut") {
    const std::string huge(100'000, '"');
    const auto lines = lines_of(json_at(core::log_level::info), [&](event_log& log) {
        log.info(huge, {{"a", huge}, {"b", huge}});
    });
    REQUIRE(lines.size() == 1);
    const auto line = parse(lines.front());
    CHECK(text_of(line, "message") == std::string(4096, '"'));
    CHECK(text_of(line, "b") == std::string(4096, '"') + "\xE2\x80\xA6");
}
