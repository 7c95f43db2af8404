// The page is written by one loop over rows, which stand beside the figures they are about: see
// family.hpp for what workers count and observations.cpp for what others are asked for. Here is
// only how a row becomes lines.
//
// All shards were made by one constructor, so that their lists have the same rows in the same
// order; a figure of the page is the sum of what stands in the same place of each list.

#include "gateway/telemetry/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

// A counter that has a cell for each error code is shown where it has counted something, and
// besides for the few codes that alerts ask for (`at_once`), which have to be there at zero.

namespace yett::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

MetricType type_of(figure_kind kind)
{
    switch (kind) {
    case figure_kind::counter: return MetricType::Counter;
    case figure_kind::gauge: return MetricType::Gauge;
    case figure_kind::histogram: break;
    }
    return MetricType::Histogram;
}

double seconds_of(std::int64_t nanoseconds)
{
    return static_cast<double>(nanoseconds) / 1e9;
}

ClientMetric metric(labels l)
{
    ClientMetric m;
    m.label = std::move(l);
    return m;
}

bool is_shown_at_zero(family_list::entry const& row, std::size_t cell)
{
    auto const& codes = row.about.at_once;
    return !row.read.sparse || std::find(codes.begin(), codes.end(), static_cast<errc>(cell)) != codes.end();
}

// Where nobody shares the store there is nothing to tell of others.
bool is_void(page_part part, observations const& seen)
{
    return part == page_part::staleness && !seen.revocations;
}

} // namespace

class metrics::page
{
public:
    page(metrics const& from, observations const& seen) : from_{from}, seen_{seen} {}

    std::string text()
    {
        for (std::size_t part = 0; part < static_cast<std::size_t>(page_part::count_); ++part)
            write(static_cast<page_part>(part));
        std::erase_if(families_, [](MetricFamily const& f) { return f.metric.empty(); });
        std::ostringstream out;
        prometheus::TextSerializer{}.Serialize(out, families_);
        return std::move(out).str();
    }

private:
    using entry = family_list::entry;

    void write(page_part part)
    {
        if (is_void(part, seen_)) return;
        auto const& rows = rows_of(0);
        for (std::size_t first = 0; first < rows.size();) {
            auto const next = end_of_family(first);
            if (rows[first].where == part) write_counted(first, next);
            first = next;
        }
        for (auto const& asked : observed_families())
            if (asked.where == part) write_observed(asked);
    }

    std::vector<entry> const& rows_of(std::size_t shard) const { return from_.shards_[shard]->families.entries(); }

    std::size_t end_of_family(std::size_t row) const
    {
        auto const& rows = rows_of(0);
        auto const& name = rows[row].about.name;
        while (++row < rows.size() && rows[row].about.name == name) {}
        return row;
    }

    void begin(std::string_view name, std::string_view help, figure_kind kind)
    {
        families_.push_back({std::string{name}, std::string{help}, type_of(kind), {}});
    }
    void add(ClientMetric m) { families_.back().metric.push_back(std::move(m)); }
    void add(labels l, double value)
    {
        auto m = metric(std::move(l));
        (families_.back().type == MetricType::Counter ? m.counter.value : m.gauge.value) = value;
        add(std::move(m));
    }

    void write_observed(observed_family const& asked)
    {
        begin(asked.name, asked.help, asked.kind);
        for (auto const& each : asked.read(seen_)) {
            labels l;
            for (auto const& [name, value] : each.labels) l.push_back({std::string{name}, value});
            add(std::move(l), each.value);
        }
    }

    // Some rows that make one family, for each name in turn.
    void write_counted(std::size_t first, std::size_t next)
    {
        auto const& head = rows_of(0)[first];
        begin(head.about.name, head.about.help, head.read.kind);
        if (head.each == per::nothing) {
            for (auto row = first; row < next; ++row) write_figure(row, {}, 0, head.figures.size());
            return;
        }
        auto const& names = from_.names_of(head.each);
        for (std::size_t slot = 0; slot < names.size(); ++slot)
            for (auto row = first; row < next; ++row)
                write_figure(row, {{std::string{name_of(head.each)}, names[slot]}}, slot, slot + 1);
    }

    void write_figure(std::size_t row, labels const& of, std::size_t slot, std::size_t end)
    {
        auto const& one = rows_of(0)[row];
        if (one.read.kind == figure_kind::histogram) return write_histogram(row, of, slot, end);
        for (std::size_t cell = 0; cell < one.read.cells; ++cell) {
            auto const all = sum(row, slot, end, cell);
            if (all == 0 && !is_shown_at_zero(one, cell)) continue;
            add(labels_of(one, of, cell), static_cast<double>(all));
        }
    }

    static labels labels_of(entry const& row, labels all, std::size_t cell)
    {
        auto const& [name, value] = row.about.only;
        if (!name.empty()) all.push_back({std::string{name}, std::string{value}});
        for (std::size_t level = 0; level < row.about.labels.size() && !row.about.labels[level].empty(); ++level)
            all.push_back({std::string{row.about.labels[level]}, std::string{row.read.word(level, cell)}});
        return all;
    }

    void write_histogram(std::size_t row, labels const& of, std::size_t slot, std::size_t end)
    {
        auto m = metric(of);
        auto& h = m.histogram;
        auto const& bounds = rows_of(0)[row].read.bounds;
        for (std::size_t i = 0; i <= bounds.size(); ++i) {
            h.sample_count += static_cast<std::uint64_t>(sum(row, slot, end, i));
            auto const last = i == bounds.size();
            h.bucket.push_back(
                {h.sample_count, last ? std::numeric_limits<double>::infinity() : static_cast<double>(bounds[i]) / 1e6});
        }
        h.sample_sum = seconds_of(sum(row, slot, end, bounds.size() + 1));
        add(std::move(m));
    }

    std::int64_t sum(std::size_t row, std::size_t slot, std::size_t end, std::size_t cell) const
    {
        std::int64_t all = 0;
        for (std::size_t shard = 0; shard < from_.shards_.size(); ++shard) {
            auto const& counted = rows_of(shard)[row];
            for (auto at = slot; at < end; ++at) all += counted.read.value(counted.figures[at], cell);
        }
        return all;
    }

    metrics const& from_;
    observations const& seen_;
    std::vector<MetricFamily> families_;
};

std::vector<std::string> const& metrics::names_of(per what) const noexcept
{
    switch (what) {
    case per::route: return routes_.names();
    case per::upstream: return upstreams_.names();
    case per::limit: return limits_.names();
    case per::listener:
    case per::nothing:
    case per::count_: break;
    }
    return listeners_.names();
}

std::string metrics::exposition() const
{
    std::scoped_lock const lock{mutex_};
    observations seen;
    for (auto const& collect : collectors_) collect(seen);
    seen.program.built = facts_;
    seen.program.reload_succeeded = static_cast<double>(reload_succeeded_.value());
    seen.program.reload_succeeded_at = static_cast<double>(reload_succeeded_at_.value());
    seen.program.process = read_process_figures();
    return page{*this, seen}.text();
}

} // namespace yett::telemetry
