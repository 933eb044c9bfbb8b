# cmake -D OUT=page_files.cpp -D FOLDER=page -P embed_page.cmake: writes the table of include/gate/app/page_files.hpp.
# Each file becomes one raw string; its delimiter must not occur in it.
set(html_type "text/html; charset=utf-8")
set(css_type "text/css; charset=utf-8")
set(js_type "text/javascript; charset=utf-8")
set(svg_type "image/svg+xml")

file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*.html ${FOLDER}/*.css ${FOLDER}/*.js ${FOLDER}/*.svg)
list(SORT files)
set(rows "")
foreach(name IN LISTS files)
  file(READ "${FOLDER}/${name}" content)
  string(FIND "${content}" ")gate_page\"" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${name} holds the delimiter )gate_page\"")
  endif()
  string(REGEX REPLACE "^.*\\." "" extension "${name}")
  set(path "/page/${name}")
  if(name STREQUAL "page.html")
    set(path "/")
  endif()
  string(APPEND rows "    {\"${path}\", \"${${extension}_type}\",\n     R\"gate_page(${content})gate_page\"},\n")
endforeach()

file(WRITE "${OUT}" "// Written by cmake/embed_page.cmake.
#include <gate/app/page_files.hpp>

namespace gate::app {
namespace {

constexpr page_file files[] = {
${rows}};

}  // namespace

std::span<const page_file> page_files() noexcept {
    return files;
}

}  // namespace gate::app
")
