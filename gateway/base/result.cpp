#include "gateway/base/result.hpp"

#include <stdexcept>

namespace yett {
inline namespace base {

void throw_error(error const& e)
{
    throw std::logic_error{"a failed result was read: " + describe(e)};
}

} // namespace base
} // namespace yett
