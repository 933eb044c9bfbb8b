#pragma once
// An event log whose lines a test can count.

#include "temporary_directory.hpp"

#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_output.hpp>

#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

struct logged_lines {
    std::string text() {
        output.flush();
        std::ostringstream out;
        out << std::ifstream(file).rdbuf();
        return out.str();
    }
    int count(std::string_view words) {
        const auto all = text();
        int found = 0;
        for (auto at = all.find(words); at != std::string::npos; at = all.find(words, at + 1)) ++found;
        return found;
    }

    temporary_directory temporary;
    std::filesystem::path file = temporary.path() / "log";
    std::unique_ptr<FILE, int (*)(FILE*)> stream{std::fopen(file.c_str(), "w"), std::fclose};
    gate::telemetry::log_output output{::fileno(stream.get())};
    gate::telemetry::event_log events{output, {gate::core::log_level::debug, gate::core::log_format::text}};
};
