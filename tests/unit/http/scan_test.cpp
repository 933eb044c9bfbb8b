#include "scan.hpp"

#include <catch.hpp>
#include <cstring>
#include <vector>

using namespace gate::http;

namespace {

using scanner = const char* (*)(const char*, const char*) noexcept;

// Puts each byte at each place of blocks of several sizes and asks where the scan stops.
void check_stops(scanner scan, bool (*stops)(unsigned char)) {
    for (unsigned c = 0; c < 256; ++c) {
        for (const std::size_t size : {1U, 15U, 16U, 17U, 40U}) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<char> text(size, 'v');
                text[at] = static_cast<char>(c);
                const char* const end = text.data() + size;
                INFO("byte " << c << " at " << at << " of " << size);
                REQUIRE(scan(text.data(), end) ==
                        (stops(static_cast<unsigned char>(c)) ? text.data() + at : end));
            }
        }
    }
}

}  // namespace

TEST_CASE("line breaks are found in blocks and in the rest") {
    check_stops(find_line_break, [](unsigned char c) { return c == '\r' || c == '\n'; });
}

TEST_CASE("the end of a value is found in blocks and in the rest") {
    check_stops(find_value_end, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

TEST_CASE("the end of a target is found in blocks and in the rest") {
    check_stops(find_target_end, [](unsigned char c) { return c < 0x21 || c > 0x7e || c == '#'; });
}
