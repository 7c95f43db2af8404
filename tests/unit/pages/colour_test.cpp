#include "gateway/pages/colour.hpp"
#include "gateway/pages/stylesheet.hpp"

#include <doctest/doctest.h>

using namespace yett::pages;

namespace {

constexpr rgb white{255, 255, 255};
constexpr rgb black{0, 0, 0};

// A grid over the whole cube.
template<class F>
void for_many_colours(F f)
{
    for (unsigned r = 0; r < 256; r += 15)
        for (unsigned g = 0; g < 256; g += 15)
            for (unsigned b = 0; b < 256; b += 15)
                f(rgb{static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(g), static_cast<std::uint8_t>(b)});
}

rgb variable_of(std::string const& css, std::string_view name, std::size_t from = 0)
{
    auto const at = css.find("--" + std::string{name} + ": #", from) + name.size() + 5;
    auto const channel = [&](std::size_t i) {
        return static_cast<std::uint8_t>(std::stoul(css.substr(at + 2 * i, 2), nullptr, 16));
    };
    return {channel(0), channel(1), channel(2)};
}

} // namespace

TEST_CASE("colour: contrasts are those of WCAG")
{
    CHECK(contrast(white, black) == doctest::Approx(21));
    CHECK(contrast(black, white) == doctest::Approx(21));
    CHECK(contrast(white, white) == doctest::Approx(1));
    CHECK(contrast({0x76, 0x76, 0x76}, white) == doctest::Approx(4.54).epsilon(0.002));
    CHECK(contrast({0xff, 0, 0}, white) == doctest::Approx(4.0).epsilon(0.002));
    CHECK(hex_of({0x0a, 0xff, 0x10}) == "#0aff10");
}

TEST_CASE("colour: text on any colour can be read")
{
    for_many_colours([](rgb c) { REQUIRE_MESSAGE(contrast(text_on(c), c) >= 4.5, hex_of(c)); });
}

TEST_CASE("colour: any colour becomes readable on light and on dark paper")
{
    for (auto const paper : {rgb{0xfc, 0xfb, 0xf9}, rgb{0x16, 0x16, 0x18}})
        for_many_colours([paper](rgb c) {
            auto const found = readable_on(paper, c);
            REQUIRE_MESSAGE(contrast(found, paper) >= 4.5, hex_of(c));
            if (contrast(c, paper) >= 4.5) REQUIRE_MESSAGE(found == c, hex_of(c));
        });
    CHECK(readable_on(white, white, 21) == black);
}

TEST_CASE("stylesheet: whatever the brand's colour, text, buttons and focus ring keep AA in light and dark")
{
    for (auto const accent :
         {rgb{255, 230, 0}, rgb{0, 0, 0}, rgb{255, 255, 255}, rgb{0x2f, 0x5d, 0x50}, rgb{255, 0, 90}, rgb{20, 20, 120}}) {
        auto const css = stylesheet_in(accent);
        std::size_t from = 0;
        for (int theme = 0; theme < 2; ++theme) {
            auto const paper = variable_of(css, "paper", from);
            auto const button = variable_of(css, "accent", from);
            CHECK(contrast(button, paper) >= 3);
            CHECK(contrast(variable_of(css, "on-accent", from), button) >= 4.5);
            if (contrast(accent, paper) >= 3) CHECK(button == accent);
            for (auto const* text : {"ink", "soft", "link", "bad", "good"})
                CHECK_MESSAGE(contrast(variable_of(css, text, from), paper) >= 4.5, text);
            CHECK(contrast(variable_of(css, "bad", from), variable_of(css, "bad-paper", from)) >= 4.5);
            CHECK(contrast(variable_of(css, "good", from), variable_of(css, "good-paper", from)) >= 4.5);
            CHECK(contrast(variable_of(css, "ink", from), variable_of(css, "good-paper", from)) >= 4.5);
            CHECK(contrast(variable_of(css, "edge", from), paper) >= 3);
            CHECK(contrast(variable_of(css, "edge", from), variable_of(css, "field", from)) >= 3);
            from = css.find("prefers-color-scheme");
        }
        CHECK(css.find("{{") == css.npos);
    }
}

TEST_CASE("stylesheet: it asks nobody for anything")
{
    auto const css = stylesheet_in({1, 2, 3});
    for (auto const* word : {"url(", "@import", "@font-face", "http"}) CHECK_MESSAGE(css.find(word) == css.npos, word);
    CHECK(icon_in({1, 2, 3}).find("#010203") != std::string::npos);
}
