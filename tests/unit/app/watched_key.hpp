#pragma once
// The file of a secret key, the watch on it, and the log and the metrics that it writes.

#include "temporary_directory.hpp"

#include <gate/app/key_watch.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

struct watched {
    temporary_directory temporary;
    std::filesystem::path directory = temporary.path() / "secret";
    std::filesystem::path file = directory / "key";
    std::filesystem::path log_file = temporary.path() / "log";
    std::unique_ptr<FILE, int (*)(FILE*)> log_stream{std::fopen(log_file.c_str(), "w"), std::fclose};
    gate::telemetry::log_output output{::fileno(log_stream.get())};
    gate::telemetry::event_log events{output, {gate::core::log_level::debug, gate::core::log_format::text}};
    gate::telemetry::metrics metrics{1};
    gate::core::asio::io_context context{1};
    int changes = 0;
    std::optional<gate::app::key_watch> watch;
    gate::verify::key_ring keys{gate::core::secret_string("sk_test_old"),
                                [this](gate::verify::key_event what) { watch->on_key_event(what); }};

    watched() {
        std::filesystem::create_directory(directory);
        write(file, "sk_test_old\n");
    }
    static constexpr gate::app::key_watch::pace by_inotify_alone{
        std::chrono::hours(1), gate::core::duration{1}, gate::core::duration{1}};
    void start(gate::app::key_watch::pace speed = by_inotify_alone, const char* path = nullptr) {
        watch.emplace(
            context.get_executor(), path != nullptr ? path : file.string(), keys, events,
            [this] { ++changes; }, speed);
        metrics.add(*watch);
        watch->start();
    }
    std::vector<gate::app::key_reading> told;
    void reload() {
        watch->reload([this](const gate::app::key_reading& found) { told.push_back(found); });
    }
    ~watched() {
        if (watch) watch->stop();
        context.restart();
        context.poll();
    }

    template <class Condition>
    void run_until(Condition done) {
        const auto end = gate::core::clock::now() + std::chrono::seconds(60);
        while (!done()) {
            REQUIRE(gate::core::clock::now() < end);
            context.restart();
            context.run_for(std::chrono::milliseconds(5));
        }
    }
    // The key that the next call would show. Takes over what has been read, as an answer of Gate does.
    std::string shown() {
        const auto key = keys.first(gate::core::clock::now());
        keys.worked(*key);
        return std::string(key->reveal());
    }
    void run_until_shown(const std::string& key) {
        run_until([&] { return shown() == key; });
    }
    std::string log() {
        output.flush();
        std::ostringstream text;
        text << std::ifstream(log_file).rdbuf();
        return text.str();
    }
    bool has_logged(std::string_view words) { return log().find(words) != std::string::npos; }
    double metric(const std::string& name) {
        const auto text = gate::telemetry::prometheus_text(metrics.read());
        const auto at = text.find("\n" + name + " ");
        REQUIRE(at != std::string::npos);
        return std::stod(text.substr(at + name.size() + 2));
    }
    double successes() { return metric("config_reloads_total{what=\"secret_key\",result=\"success\"}"); }
    double failures() { return metric("config_reloads_total{what=\"secret_key\",result=\"failure\"}"); }
};
