#include "gateway/app/commands/commands.hpp"
#include "gateway/app/commands/named_store.hpp"
#include "gateway/app/copies/open_sides.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/console/progress.hpp"
#include "gateway/storage/transfer/copy.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>

// Two stores, one after the other: all rows are copied, then both are read again and compared row
// by row. The sum of each table is for whoever wants to compare later. What is printed on standard
// output is the result, for a protocol; progress goes to standard error.

namespace yett::app {
namespace {

using blame = startup_error::blame;
using storage::transfer::copy_progress;
using storage::transfer::table_count;

constexpr std::size_t shown_of_sum = 16;
constexpr std::uint64_t rows_a_line = 100'000;

char const* phase_of(copy_progress const& now)
{
    return now.comparing ? "compared" : "copied";
}

// On a terminal a bar for each phase, elsewhere a line now and then.
class reporter
{
public:
    void show(copy_progress const& now)
    {
        if (on_terminal_) return show_bar(now);
        auto const same = now.table == before_.table && now.comparing == before_.comparing;
        if (!same) finish_line();
        if (same && now.rows / rows_a_line > before_.rows / rows_a_line) print(now);
        before_ = now;
    }
    void finish_line()
    {
        bar_.reset();
        if (!on_terminal_ && !before_.table.empty()) print(before_);
    }

private:
    void show_bar(copy_progress const& now)
    {
        if (!bar_ || now.comparing != before_.comparing) bar_.emplace(now.of, fmt::format("rows {}", phase_of(now)));
        bar_->show(now.all_rows, now.all_rows);
        before_ = now;
    }
    static void print(copy_progress const& one)
    {
        std::fputs(fmt::format("{}: {} rows {}\n", one.table, one.rows, phase_of(one)).c_str(), stderr);
    }

    bool const on_terminal_ = ::isatty(STDERR_FILENO) != 0;
    std::optional<console::progress> bar_;
    copy_progress before_;
};

void print_tallies(std::vector<table_count> const& all)
{
    std::cout << fmt::format("{:14} {:>10}  {}\n", "TABLE", "ROWS", "SHA-256");
    for (auto const& each : all)
        std::cout << fmt::format("{:14} {:>10}  {}\n", each.table, each.rows,
                                 each.rows == 0 ? "-" : hex_encode(each.sum).substr(0, shown_of_sum));
}

int refused(error const& why)
{
    if (why != errc::conflict) throw startup_error{blame::unavailable, "storage: " + describe(why)};
    std::cerr << "yett: " << why.note() << '\n';
    return EXIT_FAILURE;
}

int copy_between(storage::transfer::side& from, storage::transfer::copy_target& to)
{
    reporter shown;
    auto const done = storage::transfer::copy(from, to, [&shown](copy_progress const& now) { shown.show(now); });
    shown.finish_line();
    if (!done) return refused(done.error());
    print_tallies(*done);
    std::cout << fmt::format("{} holds what {} holds, each row compared\n", to.name(), from.name());
    return EXIT_SUCCESS;
}

} // namespace

int copy_command(copy_options const& options)
{
    auto const from = store_named(options.from);
    auto const to = store_named(options.to);
    if (!from || !to) return startup_error::exit_status_of(blame::configuration);
    auto const source = open_source(*from);
    auto const target = open_target(*to);
    return copy_between(*source, *target);
}

} // namespace yett::app
