#include "gateway/limits/memory_counters.hpp"

#include "gateway/limits/counter_table.hpp"

namespace yett::limits {
namespace {

// Sizes of cells, each about four times as large as the one before. The smallest holds
// gcra and windows of five, which is nearly everything, and gets half of the memory.
constexpr std::array<std::size_t, 5> cell_sizes{64, 256, 1024, 4096, 16384};
static_assert(counter_table::events_in(cell_sizes.front()) >= 5);
static_assert(counter_table::events_in(cell_sizes.back()) > largest_window);

std::size_t share_of(std::size_t size, std::size_t bytes) noexcept
{
    return size == 0 ? bytes / 2 : bytes / 2 / (cell_sizes.size() - 1);
}

std::size_t size_for(limit const& l) noexcept
{
    std::size_t size = 0;
    while (counter_table::events_in(cell_sizes[size]) < counter_table::times_for(l)) ++size;
    return size;
}

tick tick_of(steady_time at) noexcept
{
    return std::chrono::duration_cast<nanoseconds>(at.time_since_epoch()).count();
}

} // namespace

memory_counters::memory_counters(memory_options const& options) : secret_{options.secret}
{
    for (std::size_t size = 0; size < tables_.size(); ++size)
        tables_[size] = std::make_unique<counter_table>(share_of(size, options.bytes), cell_sizes[size]);
}

memory_counters::~memory_counters() = default;

counter_table& memory_counters::table_of(limit const& l) const noexcept
{
    return *tables_[size_for(l)];
}

limit_verdict memory_counters::spend(charge const& what) noexcept
{
    return table_of(*what.of).spend(*what.of, hash_of(secret_, what), tick_of(what.now), what.cost);
}

void memory_counters::give_back(charge const& what, tick stamp) noexcept
{
    table_of(*what.of).give_back(*what.of, hash_of(secret_, what), stamp, tick_of(what.now), what.cost);
}

limit_verdict memory_counters::peek(charge const& what) noexcept
{
    return table_of(*what.of).peek(*what.of, hash_of(secret_, what), tick_of(what.now), what.cost);
}

task<result<std::vector<limit_verdict>>> memory_counters::spend(std::span<charge const> what)
{
    std::vector<limit_verdict> told;
    for (auto const& each : what) told.push_back(spend(each));
    co_return std::move(told);
}

void memory_counters::settle(charge const& what, tick stamp, charge_end how) noexcept
{
    if (how == charge_end::given_back) give_back(what, stamp);
}

memory_counters::figures memory_counters::read_figures() const noexcept
{
    figures sum{};
    for (auto const& table : tables_) {
        auto const counted = table->read_figures();
        sum.bytes += table->bytes();
        sum.cells += counted.cells;
        sum.reclaimed += counted.reclaimed;
        sum.overflowed += counted.overflowed;
        sum.turned_away += counted.turned_away;
    }
    return sum;
}

} // namespace yett::limits
