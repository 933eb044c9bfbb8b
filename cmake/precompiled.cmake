# Headers of others that most sources include, parsed once per build instead of once per source. Half of the time that a
# source takes to compile went into these. Only g++ uses them: clang's builds (clang-tidy, the fuzz targets) see each
# source with its own #include lines alone, so that a missing one is noticed.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(GATE_PRECOMPILE OFF)
endif()

set(GATE_PRECOMPILED
  <algorithm> <array> <atomic> <charconv> <chrono> <coroutine> <cstdint> <cstring> <deque> <functional> <map> <memory>
  <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
  <boost/asio/async_result.hpp> <boost/asio/basic_waitable_timer.hpp> <boost/asio/executor_work_guard.hpp>
  <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/intrusive/list.hpp>)

# Of code of the standard library that it has inlined, g++ 12 warns falsely. It keeps that to itself while it knows that
# the code is a system header's, which it forgets of headers that are precompiled.
set(GATE_PRECOMPILED_OPTIONS -fpch-preprocess -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
if(GATE_SANITIZE)
  list(APPEND GATE_PRECOMPILED_OPTIONS -Wno-maybe-uninitialized)
endif()

# ccache reads through a precompiled header only with these two: our headers use neither __DATE__ nor __TIME__, and the
# compiler itself compares the definitions. -fpch-preprocess names the headers in what ccache hashes.
if(GATE_PRECOMPILE AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# gate_precompile(TARGET KIND [HEADER...]): the first target of a kind makes the headers, these besides the common ones,
# and the others of this kind share them, for which all are compiled with the same options.
function(gate_precompile target kind)
  if(NOT GATE_PRECOMPILE)
    return()
  endif()
  target_compile_options(${target} PRIVATE ${GATE_PRECOMPILED_OPTIONS})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_compile_options(${target} PRIVATE -fPIC)  # as the libraries, and instead of -fPIE
  endif()
  get_property(maker GLOBAL PROPERTY gate_precompiled_${kind})
  if(maker)
    target_precompile_headers(${target} REUSE_FROM ${maker})
  else()
    target_precompile_headers(${target} PRIVATE ${GATE_PRECOMPILED} ${ARGN})
    set_property(GLOBAL PROPERTY gate_precompiled_${kind} ${target})
  endif()
endfunction()
