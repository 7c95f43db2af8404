#pragma once

#include "gateway/pages/colour.hpp"

#include <string>

namespace yett::pages {

// The one stylesheet, in the colour of the brand: light and dark, with every contrast that
// depends on that colour brought up to WCAG AA.
std::string stylesheet_in(rgb accent);

// The picture in the browser's tab, as SVG.
std::string icon_in(rgb accent);

} // namespace yett::pages
