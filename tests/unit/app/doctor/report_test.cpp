#include <gate/app/command_line.hpp>
#include <gate/app/doctor/report.hpp>

#include <catch.hpp>
#include <sstream>

using namespace gate::app;
using namespace gate::app::doctor;

namespace {

findings some() {
    return {passed("config.valid", "the configuration has no problems"),
            warning("gate.budget", "5 of 600 calls are left in this window", "share one cache"),
            failure("gate.clock", "this host's clock is 3600 s behind Gate's", "have it set by NTP"),
            skipping("chain.reached", "not asked for")};
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the report has a heading for each section, the fix below each finding, and a sum") {
    CHECK(text_of(some(), {}) ==
          "CONFIG\n"
          "  pass    config.valid: the configuration has no problems\n"
          "\n"
          "GATE\n"
          "  warn    gate.budget: 5 of 600 calls are left in this window\n"
          "          Fix: share one cache\n"
          "  fail    gate.clock: this host's clock is 3600 s behind Gate's\n"
          "          Fix: have it set by NTP\n"
          "\n"
          "CHAIN\n"
          "  skipped chain.reached: not asked for\n"
          "\n"
          "1 pass, 1 warn, 1 fail, 1 skipped\n");
}

TEST_CASE("no line of the report is wider than the terminal") {
    std::string sentence = "words";
    for (int i = 0; i < 50; ++i) sentence += " and more words";
    const auto text = text_of({failure("gate.clock", sentence, sentence)}, {.width = 60});
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 60);
    CHECK(holds(text, "\n          and more words"));
}

TEST_CASE("there is colour only where it is asked for") {
    CHECK_FALSE(holds(text_of(some(), {.has_colour = false}), "\x1b"));
    CHECK(holds(text_of(some(), {.has_colour = true}), "\x1b[1;31mfail\x1b[0m"));
}

TEST_CASE("what others have said neither steers a terminal nor shows a token") {
    const auto one = warning("gate.answers",
                             "said \x1b[2J and agt_secret and \x9b"
                             "2J and \xc2\x9b"
                             "2J",
                             "ask\r\nsomebody");
    for (const auto& text : {text_of({one}, {}), json_of({one}, "1")}) {
        CHECK_FALSE(holds(text, "\x1b[2J"));
        CHECK_FALSE(holds(text, "\x9b"));
        CHECK_FALSE(holds(text, "agt_secret"));
        CHECK_FALSE(holds(text, "\r"));
    }
}

TEST_CASE("the JSON has a version, the result, the counts and every finding") {
    auto all = some();
    all[2].subject = "orders";
    CHECK(
        json_of(all, "0.1.0") ==
        R"({"version":1,"gate_sidecar":"0.1.0","result":"fail","counts":{"pass":1,"warn":1,"fail":1,"skipped":1},)"
        R"("findings":[{"id":"config.valid","section":"config","state":"pass","message":"the configuration has no problems"},)"
        R"({"id":"gate.budget","section":"gate","state":"warn","message":"5 of 600 calls are left in this window","fix":"share one cache"},)"
        R"({"id":"gate.clock","section":"gate","state":"fail","subject":"orders","message":"this host's clock is 3600 s behind Gate's","fix":"have it set by NTP"},)"
        R"({"id":"chain.reached","section":"chain","state":"skipped","message":"not asked for"}]})"
        "\n");
}

TEST_CASE("the exit code says whether something has failed, or the configuration is refused") {
    CHECK(exit_code_of({}) == exit_clean);
    CHECK(exit_code_of({warning("gate.budget", "low", "wait"), skipping("chain.reached", "no")}) ==
          exit_clean);
    CHECK(exit_code_of(some()) == exit_failure);
    CHECK(exit_code_of({failure("config.valid", "f.yaml:1:1: no", "correct it")}) == exit_bad_configuration);
}
