// Nothing but the precompiled headers of the unit tests: CMake makes them only for a library with a source of
// its own.
#include <catch.hpp>
