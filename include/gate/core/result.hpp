#pragma once
// result<T>: a value or an error_code. The way expected failures travel; exceptions are for what nobody
// expected.

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace gate::core {

using boost::system::error_code;

template <class T = void>
using result = boost::system::result<T, error_code>;

}  // namespace gate::core
