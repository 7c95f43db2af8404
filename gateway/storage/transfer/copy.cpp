#include "gateway/storage/transfer/copy.hpp"

#include <fmt/format.h>

#include <algorithm>

// Both sides must be alone before the first row and still after the last: what a program writes
// meanwhile would be in one of them. Rows go in the order of their primary keys, a page to a
// transaction, so that what is in the target is always the beginning of what is in the source, and
// a copy that broke off goes on behind the last key.
//
// Copying proves nothing; comparing does. Every row is read from both sides again and must be equal
// in the common spelling, and only then does the target become a store (ADR 13).

namespace yett::storage::transfer {

namespace {

// Rows of one transaction: few enough to be written within a second, and to be written again.
constexpr std::size_t page_rows = 500;

row key_of(table const& of, row const& one)
{
    return {one.begin(), one.begin() + static_cast<row::difference_type>(of.key)};
}

std::string spelled(table const& of, row const& key)
{
    std::string text;
    for (std::size_t i = 0; i < key.size(); ++i)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", of.columns[i].name, key[i].value_or("NULL"));
    return text;
}

error in_the_way(std::string what)
{
    return our_error(errc::conflict, std::move(what));
}

result<void> refuse_others(side& at)
{
    auto const who = at.others();
    if (!who) return who.error();
    if (*who) return in_the_way(fmt::format("{}: {}", at.name(), **who));
    return {};
}

class copying
{
public:
    copying(side& from, copy_target& to, witness const& told) : from_{from}, to_{to}, told_{told} {}

    result<std::vector<table_count>> run()
    {
        if (auto alone = refuse_both(); !alone) return alone.error();
        if (auto ready = to_.begin(from_.name()); !ready) return ready.error();
        if (auto counted = count(); !counted) return counted.error();
        for (auto const& each : tables())
            if (auto done = fill(each); !done) return done.error();
        auto const compared = compare_all();
        if (!compared) return compared;
        if (auto alone = refuse_both(); !alone) return alone.error();
        if (auto done = to_.finish(); !done) return done.error();
        return compared;
    }

private:
    result<void> refuse_both()
    {
        auto alone = refuse_others(from_);
        return alone ? refuse_others(to_) : alone;
    }

    result<void> count()
    {
        for (auto const& each : tables()) {
            auto const found = from_.count(each);
            if (!found) return found.error();
            so_far_.of += *found;
        }
        return {};
    }

    void tell(std::size_t rows)
    {
        so_far_.rows += rows;
        so_far_.all_rows += rows;
        if (told_) told_(so_far_);
    }

    void start(table const& with)
    {
        so_far_.table = with.name;
        so_far_.rows = 0;
    }

    // What a copy that was broken off has brought is the beginning, because a page comes as a whole.
    result<void> fill(table const& one)
    {
        start(one);
        auto const there = to_.count(one);
        if (!there) return there.error();
        auto last = to_.last_key(one);
        if (!last) return last.error();
        tell(*there);
        for (;;) {
            auto const rows = from_.page(one, *last, page_rows);
            if (!rows) return rows.error();
            if (rows->empty()) return {};
            if (auto done = append(one, *rows); !done) return done;
            last = key_of(one, rows->back());
            tell(rows->size());
        }
    }

    // The first row of the page is named, for the store does not say which one it was.
    result<void> append(table const& one, std::vector<row> const& rows)
    {
        auto const done = to_.append(one, rows);
        if (done) return {};
        auto const where =
            fmt::format("{}: {}, among the rows behind {}", to_.name(), one.name, spelled(one, key_of(one, rows.front())));
        if (done.error() == errc::conflict) return in_the_way(where + ": one was there already; does somebody else write there?");
        if (done.error() == errc::not_found)
            return in_the_way(where + ": one belongs to nobody, or is text that this kind of store cannot hold");
        return our_error(done.error().code(), where + ": " + done.error().note());
    }

    result<std::vector<table_count>> compare_all()
    {
        so_far_.comparing = true;
        so_far_.all_rows = 0;
        std::vector<table_count> all;
        for (auto const& each : tables()) {
            auto const one = compare(each);
            if (!one) return one.error();
            all.push_back(*one);
        }
        return all;
    }

    result<table_count> compare(table const& one)
    {
        start(one);
        tell(0);
        table_count counted{one.name, 0, {}};
        row last;
        for (;;) {
            auto const here = from_.page(one, last, page_rows);
            if (!here) return here.error();
            auto const there = to_.page(one, last, page_rows);
            if (!there) return there.error();
            if (*here != *there) return differ(one, *here, *there);
            if (here->empty()) return counted;
            for (auto const& each : *here) counted.sum = add_to_sum(counted.sum, each);
            counted.rows += here->size();
            last = key_of(one, here->back());
            tell(here->size());
        }
    }

    error differ(table const& one, std::vector<row> const& here, std::vector<row> const& there)
    {
        auto const [mine, theirs] = std::ranges::mismatch(here, there);
        auto const& first = mine == here.end() ? *theirs : theirs == there.end() ? *mine : std::min(*mine, *theirs);
        return in_the_way(
            fmt::format("{} and {} differ in {}, first at {}: {} was changed since the copy began. Empty {} and begin anew",
                        from_.name(), to_.name(), one.name, spelled(one, key_of(one, first)), from_.name(), to_.name()));
    }

    side& from_;
    copy_target& to_;
    witness const& told_;
    copy_progress so_far_;
};

} // namespace

result<std::vector<table_count>> copy(side& from, copy_target& to, witness const& told)
{
    return copying{from, to, told}.run();
}

} // namespace yett::storage::transfer
