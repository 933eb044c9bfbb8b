# gate_options: what every target of ours is compiled and linked with.
add_library(gate_options INTERFACE)
target_include_directories(gate_options INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_include_directories(gate_options SYSTEM INTERFACE ${Boost_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
target_compile_definitions(gate_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_DISABLE_BOOST_DATE_TIME BOOST_ALL_NO_LIB RAPIDJSON_HAS_STDSTRING=1
  $<$<BOOL:${GATE_PORTABLE_READINESS}>:GATE_PORTABLE_READINESS>)
target_compile_options(gate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Woverloaded-virtual
  $<$<BOOL:${GATE_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  -fstack-protector-strong -fstack-clash-protection
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},aarch64>:-mbranch-protection=standard>
  # arm64's plain char is unsigned: bytes compare as on the machines where most tests run.
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},aarch64>:-fsigned-char>)
if(GATE_QUICK)
  # The other builds look for warnings; with -O1, g++ 12 has false ones.
  target_compile_options(gate_options INTERFACE -O1 -g0 -w)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ looks for memory to use again only from 1 GB on: a sixth of its time, for 50 MB.
  target_compile_options(gate_options INTERFACE --param=ggc-min-heapsize=1048576 --param=ggc-min-expand=300)
endif()
target_link_options(gate_options INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
if(GATE_SANITIZE MATCHES "thread")
  # TSan knows no fences, and g++ says so: Asio's handlers are ordered by its mutexes too.
  target_compile_definitions(gate_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(GATE_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang 14 cannot put this check's data before the parts of a split coroutine (LLVM issue 49689).
  set(GATE_SANITIZE_LESS -fno-sanitize=function -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitize-ignore.txt)
endif()
if(GATE_SANITIZE MATCHES "address.*undefined")
  # ASan reports an access through a null pointer or beyond an object itself, without the code that these two add before
  # each one: a quarter of the time to compile. What is lost is a null reference that nothing is read through.
  list(APPEND GATE_SANITIZE_LESS -fno-sanitize=null -fno-sanitize=object-size)
endif()
if(GATE_SANITIZE)
  target_compile_options(gate_options INTERFACE -fsanitize=${GATE_SANITIZE} ${GATE_SANITIZE_LESS} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(gate_options INTERFACE -fsanitize=${GATE_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(gate_options INTERFACE _FORTIFY_SOURCE=2)
endif()

# gate_calculates(TARGET): it is optimized in the sanitizer builds as well, whose presets say -Og: its tests calculate for long.
function(gate_calculates target)
  if(GATE_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# gate_for_size(TARGET [HOT]): with GATE_SMALL, its sources are compiled for size, but those whose names begin with the regular
# expression HOT. For what hardly any request passes through: commands, the operating endpoints, the configuration, the emulator.
option(GATE_SMALL "Compile for size what hardly any request passes through" OFF)
function(gate_for_size target)
  if(NOT GATE_SMALL)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  if(ARGC GREATER 1)
    list(FILTER sources EXCLUDE REGEX "^(${ARGV1})")
  endif()
  # Precompiled headers are for what is compiled like them.
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -Os SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# GATE_STATIC: a quarter less resident memory and a start in half the time, beside ten shared libraries.
set(GATE_YAML yaml-cpp)
set(GATE_SPDLOG spdlog::spdlog)
if(GATE_STATIC)
  set(GATE_YAML ${GATE_YAML_ARCHIVE})
  # From Debian 13 on, OpenSSL's archive calls for these.
  find_library(GATE_Z_ARCHIVE libz.a)
  find_library(GATE_ZSTD_ARCHIVE libzstd.a)
  if(GATE_Z_ARCHIVE AND GATE_ZSTD_ARCHIVE)
    set_property(TARGET OpenSSL::Crypto APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${GATE_ZSTD_ARCHIVE} ${GATE_Z_ARCHIVE})
  endif()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES OpenSSL::SSL OpenSSL::Crypto)
  check_cxx_source_compiles("#include <openssl/ssl.h>\nint main() { return SSL_CTX_new(TLS_method()) == nullptr; }" GATE_OPENSSL_LINKS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(NOT GATE_OPENSSL_LINKS)
    message(FATAL_ERROR "OpenSSL cannot be linked statically: install zlib1g-dev and libzstd-dev, or say -DGATE_STATIC=OFF")
  endif()
  set(GATE_SPDLOG spdlog::spdlog_header_only fmt::fmt-header-only)
  target_compile_options(gate_options INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(gate_options INTERFACE -static-libstdc++ -static-libgcc -Wl,--gc-sections,--as-needed)
endif()

# gate_layer(NAME SOURCES ... USES ...): one library for one folder of src/.
set(GATE_LAYER_KIND STATIC)
if(GATE_SHARED_LAYERS)
  set(GATE_LAYER_KIND SHARED)
endif()
function(gate_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_library(gate_${name} ${GATE_LAYER_KIND} ${arg_SOURCES})
  if(GATE_STATIC)
    # For programs alone, not for shared libraries, whose functions others may replace: so that a function can be inlined
    # into another one of its file, and thread-local variables are where the linker puts them.
    target_compile_options(gate_${name} PRIVATE -fPIE)
  endif()
  target_link_libraries(gate_${name} PUBLIC gate_options ${arg_USES})
  set_target_properties(gate_${name} PROPERTIES DEFINE_SYMBOL "")  # precompiled headers fit the same definitions alone
  gate_precompile(gate_${name} layers)
  gate_unity(gate_${name})
endfunction()
