#pragma once

#include "gateway/telemetry/cells.hpp"

#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

// A family of /metrics is described where its figure is declared, and nowhere else:
//
//     shown<by<renewal_outcome>> renewals{in, {"yett_session_renewals_total", "Sessions renewed ...", {"result"}}};
//
// A figure enters itself, with that row, into the list of the shard it is in when the shard is
// made. Counting knows nothing of it: a figure is as large as without, and adding to it is one
// load and one store.
namespace yett::telemetry {

// The parts of the page, in their order. Within a part the families of the shards come first,
// as they are declared, then those that others are asked for.
enum class page_part : unsigned char
{
    requests,
    upstreams,
    websockets,
    fields,
    callers,
    limits,
    accounts,
    connections,
    revocations,
    staleness, // shown where nodes share a store, like the part before
    issuers,
    mails,
    program,
    process,
    count_
};

// What a figure is there once for, when it is there several times: a name of the configuration,
// which becomes the first label. `nothing`: what is there several times is added up.
enum class per : unsigned char
{
    nothing,
    route,
    upstream,
    limit,
    listener,
    count_
};
constexpr words<per> words_of(per)
{
    using enum per;
    return {{{nothing, ""}, {route, "route"}, {upstream, "upstream"}, {limit, "limit"}, {listener, "listener"}}};
}

// What the page says of a figure. Texts are literals; names are whole, so that a search for what
// an alert says finds the row.
struct family
{
    std::string_view name;
    std::string_view help; // of figures that make one family the first one's counts
    // Of the words that the figure's enumerations have, outermost first. Ends with an empty one.
    std::array<std::string_view, 2> labels{};
    // A label of this figure alone, where several make one family; they are declared side by side.
    std::pair<std::string_view, std::string_view> only{};
    // Codes that are shown at zero, so that an alert on a rate sees the first one.
    std::span<errc const> at_once{};
};

class family_list;

// Where the figures of a struct are entered. By default nowhere: they count and are not shown.
struct entrance
{
    family_list* list = nullptr;
    page_part where{};
    per each = per::nothing;

    // For figures that are one family whatever the names are, in another part of the page.
    entrance together(page_part other) const noexcept { return {list, other}; }
};

// The rows of one shard. The second time that a row is entered it gets another figure instead of
// another place, so that forty routes are one row with forty figures.
class family_list
{
public:
    struct entry
    {
        family about;
        page_part where;
        per each;
        cell_reader read;
        std::vector<void const*> figures; // the place in it is the slot
    };

    template<class Figure>
    void enter(family const& about, entrance const& in, Figure const& figure)
    {
        place_of(about, in, reader_of<Figure>()).figures.push_back(&figure);
    }
    std::vector<entry> const& entries() const noexcept { return entries_; }

private:
    entry& place_of(family const& about, entrance const& in, cell_reader const& read);

    std::vector<entry> entries_;
};

// A figure with its row. It stays where it is made: the list has its address.
//
// A figure that several members share a family with is declared beside them, and tells with
// `only` which of them it is.
template<class Figure>
struct shown : Figure
{
    shown(entrance const& in, family const& about)
    {
        if (in.list) in.list->enter(about, in, static_cast<Figure const&>(*this));
    }
};

// One set of figures for each slot, in place: the elements are never moved, as what was entered is
// where they are.
template<class Figures, std::size_t Slots>
std::array<Figures, Slots> for_each_slot(entrance const& in)
{
    return [&]<std::size_t... Slot>(std::index_sequence<Slot...>)
    {
        return std::array<Figures, Slots>{((void)Slot, Figures{in})...};
    }
    (std::make_index_sequence<Slots>{});
}

} // namespace yett::telemetry
