#include <gate/auth/discovery_documents.hpp>
#include <gate/core/reason_text.hpp>

#include <rapidjson/document.h>

#include <array>
#include <catch.hpp>

using namespace gate::auth;
using gate::core::reason;

namespace {

gate::config::discovery_options options(std::string url = "https://api.test") {
    return {.public_url = std::move(url),
            .service_id = "product",
            .name = "The API",
            .documentation = "https://docs.test/agents"};
}

rapidjson::Document parsed(const std::string& text) {
    rapidjson::Document out;
    REQUIRE_FALSE(out.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size()).HasParseError());
    return out;
}

rapidjson::Document metadata_of(const discovery_documents& documents) {
    const auto* const page = documents.find("GET", "/.well-known/oauth-protected-resource");
    REQUIRE(page != nullptr);
    CHECK(page->content_type == "application/json");
    return parsed(page->body);
}

bool contains(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("without discovery there is no document and no link") {
    const discovery_documents none({});
    CHECK_FALSE(none.is_on());
    for (const auto path : {"/.well-known/oauth-protected-resource", "/auth.md", "/errors/token_missing", ""})
        CHECK(none.find("GET", path) == nullptr);
    CHECK(none.links().errors.empty());
    CHECK(none.links().resource_metadata.empty());
    CHECK(none.links().sign_up_command.empty());
    CHECK(none.links().documentation.empty());
}

TEST_CASE("the metadata is that of RFC 9728") {
    const auto said = metadata_of(discovery_documents(options()));
    CHECK(said["resource"] == "https://api.test");
    CHECK(said["resource_name"] == "The API");
    REQUIRE(said["bearer_methods_supported"].Size() == 1);
    CHECK(said["bearer_methods_supported"][0] == "header");
    CHECK(said["resource_documentation"] == "https://docs.test/agents");
}

TEST_CASE("what is not configured is not in the metadata, and the documentation is our own page") {
    auto with = options();
    with.name.clear();
    with.documentation.clear();
    const discovery_documents documents(with);
    const auto said = metadata_of(documents);
    CHECK_FALSE(said.HasMember("resource_name"));
    CHECK(said["resource_documentation"] == "https://api.test/auth.md");
    CHECK(documents.links().documentation == "https://api.test/auth.md");
}

TEST_CASE("the path of public_url stands behind the well-known place, and before the others") {
    const discovery_documents documents(options("https://api.test/v1"));
    const auto* const metadata = documents.find("GET", "/.well-known/oauth-protected-resource");
    REQUIRE(metadata != nullptr);
    CHECK(documents.find("GET", "/.well-known/oauth-protected-resource/v1") == metadata);
    CHECK(documents.find("GET", "/v1/.well-known/oauth-protected-resource") == nullptr);
    CHECK(parsed(metadata->body)["resource"] == "https://api.test/v1");
    for (const std::string path : {"/auth.md", "/errors/token_missing"}) {
        REQUIRE(documents.find("GET", path) != nullptr);
        CHECK(documents.find("GET", "/v1" + path) == documents.find("GET", path));
        CHECK(documents.find("GET", "/v2" + path) == nullptr);
        CHECK(documents.find("GET", "/v1/v1" + path) == nullptr);
    }
    CHECK(documents.links().resource_metadata == "https://api.test/.well-known/oauth-protected-resource/v1");
    CHECK(documents.links().errors == "https://api.test/v1/errors/");
}

TEST_CASE("a document is found by GET and HEAD of its very path alone") {
    const discovery_documents documents(options());
    const auto* const page = documents.find("GET", "/auth.md");
    REQUIRE(page != nullptr);
    CHECK(documents.find("HEAD", "/auth.md") == page);
    for (const auto method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "Head", "QUERY", ""}) {
        INFO(method);
        CHECK(documents.find(method, "/auth.md") == nullptr);
    }
    constexpr std::array<std::string_view, 24> others{"",
                                                      "/",
                                                      "*",
                                                      "/auth.md/",
                                                      "/auth.md/x",
                                                      "/auth.mdx",
                                                      "/auth.m",
                                                      "/Auth.md",
                                                      "//auth.md",
                                                      "/./auth.md",
                                                      "/auth%2Emd",
                                                      "/auth.md;x",
                                                      "/auth.md%00",
                                                      "/x/auth.md",
                                                      "/errors",
                                                      "/errors/",
                                                      "/errors/none",
                                                      "/errors/token_missing/",
                                                      "/errors/token_missin",
                                                      "/errors/TOKEN_MISSING",
                                                      "/errors//token_missing",
                                                      "/.well-known/oauth-protected-resource/",
                                                      "/.well-known/oauth-protected-resource/v1",
                                                      "/.well-known"};
    for (const auto path : others) {
        INFO(path);
        CHECK(documents.find("GET", path) == nullptr);
    }
}

TEST_CASE("each code has a page with the text of explain") {
    const discovery_documents documents(options());
    for (std::size_t i = 1; i < gate::core::reason_count; ++i) {
        const std::array<reason, 1> why{static_cast<reason>(i)};
        const auto path = "/errors/" + std::string(to_string(why[0]));
        INFO(path);
        const auto* const page = documents.find("GET", path);
        REQUIRE(page != nullptr);
        CHECK(page->content_type == "text/plain; charset=utf-8");
        CHECK(page->body == gate::core::text_table(why));
        CHECK(contains(page->body, describe(why[0])));
    }
}

TEST_CASE("the page for agents says how to sign up, how to send the token, and what each error means") {
    const discovery_documents documents(options());
    const auto& text = documents.find("GET", "/auth.md")->body;
    for (const auto words : {"# The API\n", "npx signup product", "https://api.test",
                             "https://docs.test/agents", "Authorization: Bearer agt_..."})
        CHECK(contains(text, words));
    for (std::size_t i = 1; i < gate::core::reason_count; ++i) {
        const auto& row = gate::core::row_of(static_cast<reason>(i));
        INFO(row.code);
        const bool is_error = row.verdict != gate::core::verdict::allow && row.told.status != 0;
        CHECK(contains(text, "| `" + std::string(row.code) + "` |") == is_error);
        CHECK((!is_error || contains(text, row.sentence)));
    }
}

TEST_CASE("a name of any characters spoils neither document") {
    auto with = options();
    with.name = "A \"B\" <script> | [x](y)\\ \xff";
    const discovery_documents documents(with);
    CHECK(metadata_of(documents)["resource_name"] == "A \"B\" <script> | [x](y)\\ \xEF\xBF\xBD");
    CHECK(contains(documents.find("GET", "/auth.md")->body, "\\<script\\> \\| \\[x\\](y)\\\\"));
}
