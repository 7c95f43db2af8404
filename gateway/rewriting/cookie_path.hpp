#pragma once

#include "gateway/rewriting/prefix_change.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace yett::rewriting {

// An application's Set-Cookie with the Path that clients know, in every place where it stands; the rest as it came.
// Nothing where it stays: it names no path, which browsers make out of the address they asked for, or one that is not
// changed. Names that begin with `__Host-` are kept by browsers for `Path=/` alone.
std::optional<std::string> with_path_undone(std::string_view set_cookie, prefix_change const& prefixes);

} // namespace yett::rewriting
