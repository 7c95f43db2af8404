#pragma once

#include "gateway/base/error.hpp"

#include <boost/system/result.hpp>

namespace yett {
inline namespace base {

// A value, or why there is none. Reading the value of a failed result is a defect and
// throws, which the exchange's catch turns into a 500.
template<class T>
using result = boost::system::result<T, error>;

[[noreturn]] void throw_error(error const& e);

// Found by boost::system::result when a value is read that is not there.
[[noreturn]] inline void throw_exception_from_error(error const& e, boost::source_location const&)
{
    throw_error(e);
}

} // namespace base
} // namespace yett
