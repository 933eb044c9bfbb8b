#pragma once
// A pipe that the tests read, or do not, and the log behind it.

#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_output.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace gate::telemetry::test {

class pipe_pair {
public:
    pipe_pair() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
    ~pipe_pair() {
        close_input();
        close_output();
    }
    pipe_pair(const pipe_pair&) = delete;
    pipe_pair& operator=(const pipe_pair&) = delete;

    int input() const { return ends_[1]; }
    int output() const { return ends_[0]; }
    void close_input() { close(ends_[1]); }
    void close_output() { close(ends_[0]); }

    // Writes until not a byte more goes in; returns how many did.
    std::size_t fill() {
        const std::string filler(4096, '\n');
        ::fcntl(input(), F_SETFL, O_NONBLOCK);
        std::size_t total = 0;
        for (ssize_t n = 0; (n = ::write(input(), filler.data(), filler.size())) > 0;) {
            total += static_cast<std::size_t>(n);
        }
        ::fcntl(input(), F_SETFL, 0);
        return total;
    }

private:
    static void close(int& fd) {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
    int ends_[2]{-1, -1};
};

inline std::string read_until_closed(int fd) {
    std::string all;
    std::vector<char> buffer(65536);
    for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
        all.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
}

// Reads a pipe all the time, so that no writer waits for long.
class collector {
public:
    int input() const { return pipe_.input(); }

    // Everything that has been written. No writer may be left.
    std::string take() {
        pipe_.close_input();
        reader_.join();
        return std::move(all_);
    }
    ~collector() {
        if (reader_.joinable()) take();
    }

private:
    pipe_pair pipe_;
    std::string all_;
    std::thread reader_{[this] { all_ = read_until_closed(pipe_.output()); }};
};

inline std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        REQUIRE(end != std::string_view::npos);
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

// Parses strictly: valid UTF-8, nothing behind the object.
inline rapidjson::Document parse(const std::string& line) {
    INFO(line);
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
    REQUIRE(!document.HasParseError());
    REQUIRE(document.IsObject());
    return document;
}

inline std::string text_of(const rapidjson::Document& line, const char* key) {
    INFO(key);
    REQUIRE(line.HasMember(key));
    REQUIRE(line[key].IsString());
    return {line[key].GetString(), line[key].GetStringLength()};
}

inline core::log_style json_at(core::log_level level) {
    return {level, core::log_format::json};
}

}  // namespace gate::telemetry::test
