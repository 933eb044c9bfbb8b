#include <gate/export/batch_text.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>

using namespace gate;
using namespace gate::exporting;

namespace {

std::string attribute(const config::otlp_options& options, const std::string& key) {
    const auto frame = make_batch_frame(options, "1.2.3", "instance");
    const auto whole = frame.head + frame.tail;
    rapidjson::Document parsed;
    parsed.Parse(whole.c_str());
    REQUIRE_FALSE(parsed.HasParseError());
    std::string found = "-";
    for (const auto& each : parsed["resourceSpans"][0]["resource"]["attributes"].GetArray()) {
        if (each["key"].GetString() != key) continue;
        CHECK(found == "-");
        found = each["value"]["stringValue"].GetString();
    }
    return found;
}

}  // namespace

TEST_CASE("the resource has a name, a version and an id of the instance") {
    CHECK(attribute({}, "service.name") == "gate-sidecar");
    CHECK(attribute({}, "service.version") == "1.2.3");
    CHECK(attribute({}, "service.instance.id") == "instance");
}

TEST_CASE("the name of the service goes before service.name in the attributes, and both before ours") {
    config::otlp_options options;
    options.resource_attributes = {"service.name=of%20all", "deployment.environment.name=test=1"};
    CHECK(attribute(options, "service.name") == "of all");
    CHECK(attribute(options, "deployment.environment.name") == "test=1");
    options.service_name = "own \"name\"";
    CHECK(attribute(options, "service.name") == "own \"name\"");
}

TEST_CASE("an empty service.name in the attributes is none") {
    config::otlp_options options;
    options.resource_attributes = {"service.name="};
    CHECK(attribute(options, "service.name") == "gate-sidecar");
}

TEST_CASE("the id of an instance is a UUID of version 4, and another one each time") {
    const auto id = make_instance_id();
    CHECK(id.size() == 36);
    CHECK(id[8] == '-');
    CHECK(id[13] == '-');
    CHECK(id[14] == '4');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK(id != make_instance_id());
}
