#pragma once
// What the page is made of, from src/app/page. Static storage.

#include <span>
#include <string_view>

namespace gate::app {

struct page_file {
    std::string_view path;  // where it is served
    std::string_view content_type;
    std::string_view content;
};

std::span<const page_file> page_files() noexcept;

}  // namespace gate::app
