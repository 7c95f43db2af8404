#include "gateway/storage/postgres/copies/copy_sides.hpp"

#include "gateway/base/async/run_to_end.hpp"
#include "gateway/storage/postgres/connections.hpp"

#include <fmt/format.h>

#include <map>
#include <thread>

// A PostgreSQL store as one side of a copy. A copy that is under way leaves a mark in the target,
// the table `copy_under_way` with the name of where it comes from. It does two things: a program
// refuses to start on half a copy, and a copy that broke off goes on where it ended, from the same
// source and from no other. The mark goes with `finish`, after everything has been compared.

namespace yett::storage::postgres {

namespace {

using namespace transfer;

// Whatever calls itself after the program, but for the one connection that asks. A pooler in
// between may keep a connection after the program has gone.
constexpr std::string_view select_others =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND application_name LIKE 'yett%'";
constexpr std::string_view has_mark = "SELECT to_regclass('copy_under_way') IS NOT NULL";
constexpr std::string_view read_mark = "SELECT origin FROM copy_under_way";
constexpr std::string_view make_mark = "CREATE TABLE copy_under_way (origin text NOT NULL)";
constexpr std::string_view write_mark = "INSERT INTO copy_under_way (origin) VALUES ($1)";
constexpr std::string_view drop_mark = "DROP TABLE copy_under_way";

// A connection keeps each of them prepared.
statements const& said_about(table const& one)
{
    static auto const all = [] {
        std::map<std::string_view, statements> made;
        for (auto const& each : tables()) made[each.name] = statements_about(each, '$');
        return made;
    }();
    return all.at(one.name);
}

void add(parameters& to, column_kind is, std::optional<std::string> const& value)
{
    switch (is) {
    case column_kind::text: return to.add_or_null(value);
    case column_kind::header:
    case column_kind::bytes: return to.add(bytes{value.value_or("")});
    case column_kind::integer: return to.add_or_null(value ? std::optional{read_number(*value)} : std::nullopt);
    case column_kind::flag: return to.add(read_number(value.value_or("")) != 0);
    case column_kind::time: return to.add(value ? std::optional{read_moment(*value)} : std::nullopt);
    case column_kind::list: break;
    }
    to.add(read_list(value.value_or("")));
}

void add_all(parameters& to, table const& of, transfer::row const& values)
{
    for (std::size_t i = 0; i < values.size(); ++i) add(to, of.columns[i].is, values[i]);
}

std::optional<std::string> read(postgres::result_row const& from, int at, column_kind is)
{
    if (from.is_null(at)) return std::nullopt;
    switch (is) {
    case column_kind::integer:
    case column_kind::flag: return write_number(from.integer(at));
    case column_kind::time: return write_moment(from.time(at));
    case column_kind::list: return write_list(from.list(at));
    case column_kind::text:
    case column_kind::header:
    case column_kind::bytes: break;
    }
    return from.text(at);
}

transfer::row read_columns(postgres::result_row const& from, std::span<column const> some)
{
    transfer::row made;
    for (auto const& each : some) made.push_back(read(from, static_cast<int>(made.size()), each.is));
    return made;
}

task<result<std::uint64_t>> count_in(database& db, table const& of)
{
    auto const told = co_await db.ask(said_about(of).count);
    if (!told) co_return told.error();
    co_return static_cast<std::uint64_t>(told->front().integer(0));
}

task<result<std::vector<transfer::row>>> page_of(database& db, table const& of, transfer::row const& after, std::size_t limit)
{
    parameters with{row_limit(limit)};
    add_all(with, of, after);
    auto const& page = after.empty() ? said_about(of).first_page : said_about(of).next_page;
    auto const told = co_await db.ask(page, std::move(with));
    if (!told) co_return told.error();
    auto const read_row = [&of](postgres::result_row const& each) { return read_columns(each, of.columns); };
    co_return told->each(read_row);
}

task<result<transfer::row>> last_key_in(database& db, table const& of)
{
    auto const told = co_await db.ask(said_about(of).last_key);
    if (!told) co_return told.error();
    if (told->empty()) co_return transfer::row{};
    co_return read_columns(told->front(), of.columns.first(of.key));
}

task<result<void>> insert(database& db, table const& to, std::vector<transfer::row> const& rows)
{
    for (auto const& each : rows) {
        parameters with;
        add_all(with, to, each);
        db.queue(said_about(to).insert, std::move(with));
    }
    auto const told = co_await db.flush();
    if (!told) co_return told.error();
    co_return result<void>{};
}

task<result<std::optional<std::string>>> others_in(database& db)
{
    auto const told = co_await db.ask(select_others);
    if (!told) co_return told.error();
    auto const count = told->front().integer(0);
    std::optional<std::string> who;
    if (count > 0)
        who = fmt::format("{} other connection{} of Yett {} open (application_name in pg_stat_activity); stop what runs on it",
                          count, count == 1 ? "" : "s", count == 1 ? "is" : "are");
    co_return who;
}

task<result<void>> begin_in_empty(database& db, std::string const& from)
{
    for (auto const& each : tables()) {
        auto const rows = co_await count_in(db, each);
        if (!rows) co_return rows.error();
        if (*rows > 0)
            co_return our_error(errc::conflict,
                                fmt::format("holds {} rows in {}, and no unfinished copy put them there", *rows, each.name));
    }
    db.queue(make_mark);
    auto const marked = co_await db.ask(write_mark, from);
    if (!marked) co_return marked.error();
    co_return result<void>{};
}

task<result<void>> begin_in(database& db, std::string const& from)
{
    auto const marked = co_await db.ask(has_mark);
    if (!marked) co_return marked.error();
    if (!marked->front().flag(0)) co_return co_await begin_in_empty(db, from);
    auto const known = co_await db.ask(read_mark);
    if (!known) co_return known.error();
    if (!known->empty() && known->front().text(0) == from) co_return result<void>{};
    auto const of = known->empty() ? std::string{"something"} : known->front().text(0);
    co_return our_error(errc::conflict, "holds an unfinished copy of " + of + "; finish that one, or empty the database");
}

options alone(options by, bool of_unfinished_copy)
{
    by.of_unfinished_copy = of_unfinished_copy;
    by.read_login = [read = by.read_login] {
        auto as = read();
        if (as) as->application = "yett storage copy";
        return as;
    };
    return with_one_connection(std::move(by));
}

class copied_database final : public copy_target
{
public:
    copied_database(options by, std::string name) : name_{std::move(name)}, connections_{std::move(by)} {}

    std::string const& name() const override { return name_; }

    // The server shows a connection for a moment after it was closed. Whoever is still there a second
    // later is no such shadow.
    result<std::optional<std::string>> others() override
    {
        auto found = look_for_others();
        for (auto looks = 0; looks < 10 && found && *found; ++looks) {
            std::this_thread::sleep_for(milliseconds{100});
            found = look_for_others();
        }
        return found;
    }
    result<std::uint64_t> count(table const& of) override
    {
        return run_to_end(connections_.read([&of](database& db) { return count_in(db, of); }));
    }
    result<std::vector<transfer::row>> page(table const& of, transfer::row const& after, std::size_t limit) override
    {
        return run_to_end(connections_.read([&](database& db) { return page_of(db, of, after, limit); }));
    }
    result<transfer::row> last_key(table const& of) override
    {
        return run_to_end(connections_.read([&of](database& db) { return last_key_in(db, of); }));
    }
    result<void> begin(std::string const& from) override
    {
        auto done = run_to_end(connections_.write([&from](database& db) { return begin_in(db, from); }));
        if (!done) return our_error(done.error().code(), name_ + ": " + done.error().note());
        return done;
    }
    result<void> append(table const& to, std::vector<transfer::row> const& rows) override
    {
        return run_to_end(connections_.write([&](database& db) { return insert(db, to, rows); }));
    }
    result<void> finish() override
    {
        return run_to_end(connections_.write([](database& db) { return drop(db); }));
    }

private:
    result<std::optional<std::string>> look_for_others()
    {
        return run_to_end(connections_.read([](database& db) { return others_in(db); }));
    }

    static task<result<void>> drop(database& db)
    {
        db.queue(drop_mark);
        co_return result<void>{};
    }

    std::string const name_;
    connections connections_;
};

} // namespace

std::unique_ptr<side> open_source(options by, std::string name)
{
    return std::make_unique<copied_database>(alone(std::move(by), false), std::move(name));
}

std::unique_ptr<copy_target> open_target(options by, std::string name)
{
    return std::make_unique<copied_database>(alone(std::move(by), true), std::move(name));
}

} // namespace yett::storage::postgres
