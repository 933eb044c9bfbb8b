#pragma once
// A directory that is gone when its test is over, and files in it.

#include <catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <stdlib.h>

class temporary_directory {
public:
    temporary_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "key_watch_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline void write(const std::filesystem::path& where, std::string_view text) {
    std::ofstream(where, std::ios::binary) << text;
}
