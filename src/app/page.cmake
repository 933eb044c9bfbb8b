# The page of the admin listener: the files of the folder `page`, put into the program as they are.
set(page_files ${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp)
file(GLOB page_sources CONFIGURE_DEPENDS page/*.html page/*.css page/*.js page/*.svg)
add_custom_command(OUTPUT ${page_files}
  COMMAND ${CMAKE_COMMAND} -D "OUT=${page_files}" -D "FOLDER=${CMAKE_CURRENT_SOURCE_DIR}/page"
    -P ${CMAKE_SOURCE_DIR}/cmake/embed_page.cmake
  DEPENDS ${page_sources} ${CMAKE_SOURCE_DIR}/cmake/embed_page.cmake
  COMMENT "Putting the page into the program" VERBATIM)
