#include "gateway/pages/stylesheet.hpp"

#include "gateway/pages/template_text.hpp"

#include <kainjow/mustache.hpp>

namespace yett::pages {
namespace {

constexpr rgb paper_light{0xfc, 0xfb, 0xf9};
constexpr rgb paper_dark{0x16, 0x16, 0x18};
// Of what is no text: the edge of a button against the paper (WCAG 2.2, 1.4.11).
constexpr double least_of_controls = 3.0;

std::string coloured(std::string_view file, rgb accent)
{
    kainjow::mustache::data colours;
    auto const set_accent = [&colours, accent](std::string const& scheme, rgb paper) {
        auto const seen = readable_on(paper, accent, least_of_controls);
        colours.set("accent_" + scheme, hex_of(seen));
        colours.set("on_accent_" + scheme, hex_of(text_on(seen)));
    };
    set_accent("light", paper_light);
    set_accent("dark", paper_dark);
    colours.set("accent", hex_of(accent));
    colours.set("on_accent", hex_of(text_on(accent)));
    colours.set("paper_light", hex_of(paper_light));
    colours.set("paper_dark", hex_of(paper_dark));
    colours.set("link_light", hex_of(readable_on(paper_light, accent)));
    colours.set("link_dark", hex_of(readable_on(paper_dark, accent)));
    return kainjow::mustache::mustache{template_text(file)}.render(colours);
}

} // namespace

std::string stylesheet_in(rgb accent)
{
    return coloured("style.css", accent);
}

std::string icon_in(rgb accent)
{
    return coloured("icon.svg", accent);
}

} // namespace yett::pages
