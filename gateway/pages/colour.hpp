#pragma once

#include <cstdint>
#include <string>

namespace yett::pages {

// A colour of the sRGB space.
struct rgb
{
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    bool operator==(rgb const&) const = default;
};

// "#rrggbb", lower case.
std::string hex_of(rgb c);

// WCAG 2.2: 1 for equal colours up to 21 for black and white; text needs 4.5 (success
// criterion 1.4.3), borders and focus rings 3 (1.4.11).
double contrast(rgb a, rgb b) noexcept;

// The colour of text on a ground: black or white, whichever can be read better. It is never
// less than 4.5, because the two contrasts multiply to 21.
rgb text_on(rgb ground) noexcept;

// The colour nearest to the wanted one that reaches the contrast on that ground: darkened
// on a light ground, lightened on a dark one.
rgb readable_on(rgb ground, rgb wanted, double least = 4.5) noexcept;

} // namespace yett::pages
