#include "record.hpp"

#include <gate/export/batch_text.hpp>
#include <gate/export/span_lane.hpp>

using namespace export_test;
using exporting::span_lane;

namespace {

struct rig {
    exporting::batch_frame frame = exporting::make_batch_frame({}, "1", "i");
    int woken = 0;
    span_lane lane{frame, [this] { ++woken; }};
    telemetry::access_record line;
    std::string path = std::string(2000, '\x01');  // each byte takes six

    rig() {
        fill(line);
        line.path = path;
    }
    void add() { lane.add(record(line), ""); }
};

}  // namespace

TEST_CASE("spans wait until they are handed over, as one request to the collector") {
    rig r;
    r.lane.hand_over();
    CHECK(r.woken == 0);
    r.add();
    r.add();
    CHECK_FALSE(r.lane.has_full());
    r.lane.hand_over();
    CHECK(r.woken == 1);
    const auto chunk = r.lane.take();
    REQUIRE(chunk);
    CHECK(chunk->spans() == 6);
    rapidjson::Document parsed;
    const std::string text(chunk->text());
    parsed.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
    REQUIRE_FALSE(parsed.HasParseError());
    CHECK(parsed["resourceSpans"][0]["scopeSpans"][0]["spans"].Size() == 6);
}

TEST_CASE("a full batch goes by itself, and what there is no room for is dropped and counted") {
    rig r;
    const std::size_t most = 2 * span_lane::most_chunks * exporting::span_chunk::capacity / r.path.size();
    for (std::size_t i = 0; i < most && r.lane.dropped() == 0; ++i) r.add();
    CHECK(r.lane.dropped() == 3);  // the spans of one request
    CHECK(r.woken == static_cast<int>(span_lane::most_chunks));
    r.add();
    CHECK(r.lane.dropped() == 6);

    // What has been sent gives room again, and no more batches are made.
    auto sent = r.lane.take();
    r.lane.give_back(std::move(sent));
    r.add();
    CHECK(r.lane.dropped() == 6);
    r.lane.hand_over();
    std::size_t found = 0;
    while (auto chunk = r.lane.take()) ++found;
    CHECK(found == span_lane::most_chunks);
}
