#pragma once
// Which implementation stands behind readiness.hpp: GATE_PORTABLE_READINESS is defined for the one that uses
// only Asio's public interface. The build may ask for it; it is also the one for every version of Boost whose
// private parts the other one has not been tested with.

#include <boost/version.hpp>

#if !defined(GATE_PORTABLE_READINESS) && (BOOST_VERSION < 108100 || BOOST_VERSION >= 108400)
#define GATE_PORTABLE_READINESS
#endif
