#pragma once

#include "gateway/telemetry/figures.hpp"
#include "gateway/telemetry/words.hpp"

#include <cstdint>
#include <span>
#include <string_view>

// Every figure is a row of numbers, its cells: one of a counter, one for each word of a label,
// one for each bucket. This is how they are read without their types.
namespace yett::telemetry {

// As Prometheus has them.
enum class figure_kind : unsigned char
{
    counter,
    gauge,
    histogram, // its cells are the buckets, not cumulated, and the sum in nanoseconds behind them
};

// How the cells of a figure are read. Made once for each type of figure, by `reader_of`; a page
// calls it for each cell of each shard, which is some thousand calls a scrape.
//
// Plain functions and no virtual ones: figures have no vtable, for they are what requests write to.
struct cell_reader
{
    figure_kind kind;
    std::size_t cells;
    std::int64_t (*value)(void const* figure, std::size_t cell);
    // Of the cell, for the outermost label (level 0) or one within.
    std::string_view (*word)(std::size_t level, std::size_t cell);
    std::span<std::int64_t const> bounds; // of the buckets, in microseconds
    bool sparse;                          // a cell that is zero need not be shown
};

// The cells of each type. One more type of figure is one more of these:
//   kind, cells            what it is, how many
//   value(figure, cell)    the number; any thread may ask
//   word(level, cell)      of the label; empty where there is none
//   bounds, sparse         where they apply
template<class Figure>
struct cells_of;

// A number that only grows, and one that is set.
template<>
struct cells_of<counter>
{
    static constexpr auto kind = figure_kind::counter;
    static constexpr std::size_t cells = 1;
    static std::int64_t value(counter const& c, std::size_t) { return static_cast<std::int64_t>(c.value()); }
    static std::string_view word(std::size_t, std::size_t) { return {}; }
};

template<>
struct cells_of<gauge>
{
    static constexpr auto kind = figure_kind::gauge;
    static constexpr std::size_t cells = 1;
    static std::int64_t value(gauge const& g, std::size_t) { return g.value(); }
    static std::string_view word(std::size_t, std::size_t) { return {}; }
};

// Outer and inner enumerations in one row, the inner one running fastest, as the page has them.
template<class Enum, class Figure>
struct cells_of<by<Enum, Figure>>
{
    using inner = cells_of<Figure>;
    static constexpr auto kind = inner::kind;
    static constexpr std::size_t cells = static_cast<std::size_t>(Enum::count_) * inner::cells;
    static constexpr Enum value_at(std::size_t cell) { return static_cast<Enum>(cell / inner::cells); }
    static std::int64_t value(by<Enum, Figure> const& all, std::size_t cell)
    {
        return inner::value(all[value_at(cell)], cell % inner::cells);
    }
    static std::string_view word(std::size_t level, std::size_t cell)
    {
        return level == 0 ? name_of(value_at(cell)) : inner::word(level - 1, cell % inner::cells);
    }
};

// Most codes can never come up where one is counted: those that did not are not shown.
template<>
struct cells_of<by_code>
{
    static constexpr auto kind = figure_kind::counter;
    static constexpr std::size_t cells = by_code::capacity;
    static constexpr bool sparse = true;
    static std::int64_t value(by_code const& all, std::size_t cell)
    {
        return static_cast<std::int64_t>(all[static_cast<errc>(cell)].value());
    }
    static std::string_view word(std::size_t, std::size_t cell) { return name_of(static_cast<errc>(cell)); }
};

// Prometheus wants buckets cumulated and in seconds, which is the page's affair.
template<auto const& Bounds>
struct cells_of<histogram<Bounds>>
{
    static constexpr auto kind = figure_kind::histogram;
    // The buckets, the one above all bounds, and the sum.
    static constexpr std::size_t cells = Bounds.size() + 2;
    static constexpr std::span<std::int64_t const> bounds{Bounds};
    static std::int64_t value(histogram<Bounds> const& h, std::size_t cell)
    {
        return static_cast<std::int64_t>(cell <= Bounds.size() ? h.in_bucket(cell) : h.sum_nanoseconds());
    }
    static std::string_view word(std::size_t, std::size_t) { return {}; }
};

// The reader for a type of figure, as plain functions: rows of the page are lists of these,
// whatever types they are of.
template<class Figure>
constexpr cell_reader reader_of() noexcept
{
    using cells = cells_of<Figure>;
    cell_reader read{cells::kind, cells::cells, nullptr, cells::word, {}, false};
    read.value = [](void const* figure, std::size_t cell) { return cells::value(*static_cast<Figure const*>(figure), cell); };
    if constexpr (requires { cells::bounds; }) read.bounds = cells::bounds;
    if constexpr (requires { cells::sparse; }) read.sparse = cells::sparse;
    return read;
}

} // namespace yett::telemetry
