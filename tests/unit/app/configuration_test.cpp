#include "temporary_directory.hpp"

#include <gate/app/configuration.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <cstdio>
#include <memory>
#include <sstream>

using namespace gate;
using app::configuration;

namespace {

app::started_with started(const std::string& text) {
    app::started_with out;
    out.input.file = "c.yaml";
    out.input.environment = [](std::string_view name) -> std::optional<std::string> {
        if (name == "FOIL_SECRET_KEY") return "sk_test_one";
        if (name == "GATE_SIDECAR_CACHE_GRACE") return "3s";
        return std::nullopt;
    };
    out.text = text;
    out.loaded = config::load_text("c.yaml", text, out.input);
    out.tls = app::check_tls_files(out.loaded, "c.yaml").found;
    return out;
}

struct judged {
    temporary_directory temporary;
    std::unique_ptr<FILE, int (*)(FILE*)> log{std::fopen((temporary.path() / "log").c_str(), "w"),
                                              std::fclose};
    telemetry::log_output output{::fileno(log.get())};
    telemetry::event_log events{output, {core::log_level::info, core::log_format::text}};
    telemetry::metrics metrics{1};
    configuration subject{started("gate: {base_url: 'http://127.0.0.1:1'}\n"), 1, events, metrics.names};

    judged() { metrics.add(subject); }

    app::reload_outcome reload(const std::string& text) { return reload(app::config_watch::content(text)); }
    app::reload_outcome reload(const app::config_watch::content& text) {
        auto next = subject.consider(text);
        return next ? subject.accept(std::move(*next)) : subject.refusal();
    }
    bool has_metric(const std::string& line) {
        return telemetry::prometheus_text(metrics.read()).find("\n" + line + "\n") != std::string::npos;
    }
    std::string logged() {
        output.flush();
        std::ostringstream text;
        text << std::ifstream(temporary.path() / "log").rdbuf();
        return text.str();
    }
};

const std::string base = "gate: {base_url: 'http://127.0.0.1:1'}\n";

}  // namespace

TEST_CASE_METHOD(judged, "what is accepted is the next generation, and tells what it changes") {
    const auto before = subject.snapshot();
    const auto told = reload(base + "auth: {mode: optional}\n");
    CHECK(told.accepted);
    CHECK(told.generation == 2);
    CHECK(told.changes == std::vector<std::string>{"auth.mode: required -> optional"});
    CHECK(before->options.auth.mode == config::auth_mode::required);
    CHECK(subject.options().auth.mode == config::auth_mode::optional);
    CHECK(has_metric("gate_config_generation 2"));
    CHECK(has_metric("config_reloads_total{what=\"config\",result=\"success\"} 1"));
    CHECK(logged().find("allows more than the previous one") != std::string::npos);
}

TEST_CASE_METHOD(judged, "the same text again changes nothing, and counts as a success") {
    const auto before = subject.snapshot();
    const auto told = reload(base + "# another comment\n");
    CHECK(told.accepted);
    CHECK(told.generation == 1);
    CHECK(told.changes.empty());
    CHECK(subject.snapshot() == before);
    CHECK(has_metric("config_reloads_total{what=\"config\",result=\"success\"} 1"));
}

TEST_CASE_METHOD(judged, "what is refused changes nothing, and is told until something is accepted") {
    const auto before = subject.snapshot();
    const auto told = reload("cache: {ttl: 5}\nnonsense: 1\n");
    CHECK_FALSE(told.accepted);
    CHECK(told.problems.size() == 2);
    CHECK(subject.snapshot() == before);
    CHECK(subject.trouble().find("c.yaml:1:14: cache.ttl") != std::string::npos);
    CHECK(subject.trouble().find("and 1 more") != std::string::npos);
    CHECK(has_metric("config_last_reload_successful{what=\"config\"} 0"));
    CHECK(has_metric("config_reloads_total{what=\"config\",result=\"failure\"} 1"));
    reload(base);
    CHECK(subject.trouble().empty());
    CHECK(has_metric("config_last_reload_successful{what=\"config\"} 1"));
}

TEST_CASE_METHOD(judged, "other routes and upstreams are another configuration, in any order the same one") {
    const std::string first = "routes: [{path: /x, auth: none}, {path: /y, auth: deny}]\n";
    CHECK(reload(base + first).changes ==
          std::vector<std::string>{"routes: added {path: [\"/x\"], auth: none}",
                                   "routes: added {path: [\"/y\"], auth: deny}"});
    CHECK(logged().find("/x: required -> none, by routes[0] (line 2)") != std::string::npos);
    CHECK(reload(base + "\nroutes: [{path: /y, auth: deny}, {path: /x, auth: none}]\n").generation == 2);
    const auto told = reload(base + "upstreams: {u: {url: 'http://h'}}\n" + first);
    CHECK(told.generation == 3);
    CHECK(told.changes == std::vector<std::string>{"upstreams.u: added"});
    CHECK(subject.snapshot()->upstreams.size() == 2);
}

TEST_CASE_METHOD(judged, "routes that tie are refused with the positions of both") {
    const auto told = reload(base + "auth: {public_paths: [/a]}\nroutes:\n  - {path: /b}\n  - {path: /a}\n");
    CHECK_FALSE(told.accepted);
    CHECK(told.problems ==
          std::vector<std::string>{"c.yaml:5:5: routes[1] (line 5) and auth.public_paths (line 2) both match "
                                   "'/a', and none is more specific: no request could choose"});
    CHECK(subject.options().routes.empty());
}

TEST_CASE_METHOD(judged, "what routes do and perhaps should not is logged when they come into force") {
    const std::string loose = base + "routes: [{host: open.test, auth: none}]\n";
    reload(loose);
    const auto count = [this] {
        const auto text = logged();
        std::size_t found = 0;
        for (auto at = text.find("shares its upstream"); at != std::string::npos;
             at = text.find("shares its upstream", at + 1))
            ++found;
        return found;
    };
    CHECK(count() == 1);
    reload(loose + "# another comment\n");
    CHECK(count() == 1);
}

TEST_CASE_METHOD(judged, "the page tells routes and upstreams") {
    reload(base +
           "upstreams: {u: {url: 'http://h'}}\nroutes: [{path: /x, auth: none, timeouts: {body: 1s}}]\n");
    const auto page = subject.describe();
    INFO(page);
    CHECK(page.find(R"("routes":[{"path":["/x"],"auth":"none","timeouts.body":"1s","line":3}])") !=
          std::string::npos);
    CHECK(page.find(R"("upstreams":{"u":{"url":"http://h","forward_token":"false")") != std::string::npos);
}

TEST_CASE_METHOD(judged, "a file that cannot be read is refused") {
    const auto told = reload(app::config_watch::content(config::refusal{"cannot be read: gone"}));
    CHECK(told.problems == std::vector<std::string>{"c.yaml: cannot be read: gone"});
}

TEST_CASE_METHOD(judged, "what needs a restart is told for as long as the file wants it") {
    CHECK(reload(base + "workers: 3\n").need_restart == std::vector<std::string>{"workers"});
    CHECK(subject.options().workers == 0);
    CHECK(has_metric("gate_config_restart_needed 1"));
    CHECK(reload(base).need_restart.empty());
    CHECK(has_metric("gate_config_restart_needed 0"));
}

TEST_CASE_METHOD(judged, "the files that a refused configuration names are watched too") {
    reload(base + "admin: {token_file: /nowhere/token}\n");
    CHECK(subject.further_files() == std::vector<std::string>{"/nowhere/token"});
    reload(base);
    CHECK(subject.further_files().empty());
}

TEST_CASE_METHOD(judged, "the page tells values and sources, and no secret") {
    reload(base + "cache: {ttl: 5s}\n");
    const auto page = subject.describe();
    const auto has = [&](std::string_view text) { return page.find(text) != std::string::npos; };
    CHECK(has("\"generation\":2"));
    CHECK(has(
        "\"cache.ttl\":{\"value\":\"5s\",\"source\":\"file\",\"where\":\"c.yaml:2\",\"applies\":\"live\"}"));
    CHECK(has("\"cache.grace\":{\"value\":\"3s\",\"source\":\"environment\""));
    CHECK(has("\"workers\":{\"value\":\"auto\",\"source\":\"default\",\"applies\":\"restart\"}"));
    CHECK(has("\"secret_key\":{\"set\":true,\"source\":\"environment\",\"where\":\"FOIL_SECRET_KEY\"}"));
    CHECK_FALSE(has("sk_test_one"));
}
