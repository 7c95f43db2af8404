#include "gateway/pages/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

// Contrast as WCAG 2 measures it: the relative luminance of sRGB, each channel made linear first,
// and 0.05 for the light that a screen reflects. An operator gives one colour, of a logo mostly;
// pages with it have to be readable for everybody, so text and links take the colour nearest to it
// that is.

namespace yett::pages {
namespace {

constexpr rgb black{0, 0, 0};
constexpr rgb white{255, 255, 255};

double linear(std::uint8_t channel) noexcept
{
    auto const value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(rgb c) noexcept
{
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

rgb mixed(rgb a, rgb b, double share_of_b) noexcept
{
    auto const channel = [share_of_b](std::uint8_t x, std::uint8_t y) {
        return static_cast<std::uint8_t>(std::lround(x + (y - x) * share_of_b));
    };
    return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
}

} // namespace

std::string hex_of(rgb c)
{
    return fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue);
}

double contrast(rgb a, rgb b) noexcept
{
    auto const [dark, light] = std::minmax({luminance(a), luminance(b)});
    return (light + 0.05) / (dark + 0.05);
}

rgb text_on(rgb ground) noexcept
{
    return contrast(ground, white) >= contrast(ground, black) ? white : black;
}

// In 64 steps from what is wanted towards black or white, whichever stands out more. One of the two
// always reaches 4.5.
rgb readable_on(rgb ground, rgb wanted, double least) noexcept
{
    auto const far = text_on(ground);
    constexpr int steps = 64;
    for (int i = 0; i < steps; ++i) {
        auto const c = mixed(wanted, far, i / double{steps});
        if (contrast(c, ground) >= least) return c;
    }
    return far;
}

} // namespace yett::pages
