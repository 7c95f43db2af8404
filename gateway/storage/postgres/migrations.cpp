#include "gateway/storage/postgres/migrations.hpp"

#include "gateway/storage/postgres/client/database.hpp"
#include "gateway/storage/postgres/pool/dial.hpp"

#include <boost/asio/co_spawn.hpp>

#include <stdexcept>

namespace yett::storage::postgres {

namespace {

using schema::schema_state;
using schema::step;

// A step may take as long as it takes, and so may that of another node, for which this one waits.
constexpr std::chrono::hours longest_step{1};

// Two that make one table at the same moment would disturb each other, so the lock comes first. It
// is the transaction's, and goes with it: behind a pooler there is no session to keep one.
std::string const begin_step = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
                               " SET LOCAL idle_in_transaction_session_timeout = '1min';"
                               " SELECT pg_advisory_xact_lock(2036691060, 1);"
                               " CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY,"
                               " applied_at timestamptz NOT NULL DEFAULT now(), oldest_program integer NOT NULL)";
constexpr std::string_view find_books = "SELECT to_regclass('schema_version') IS NOT NULL";
constexpr std::string_view select_standing =
    "SELECT coalesce(max(version), 0), coalesce(max(oldest_program), 0) FROM schema_version";
constexpr std::string_view record_step = "INSERT INTO schema_version (version, oldest_program) VALUES ($1, $2)";

std::string text_of(database_server const& one)
{
    return one.port == 5432 ? one.host : one.host + ":" + std::to_string(one.port);
}

// As an operator writes it, without the password.
std::string url_of(login const& as)
{
    std::string hosts;
    std::string folder;
    for (auto const& each : as.servers) {
        auto const is_folder = each.host.starts_with('/');
        if (is_folder) folder = "?host=" + text_of(each);
        else hosts += (hosts.empty() ? "" : ",") + text_of(each);
    }
    return "postgresql://" + as.user + "@" + hosts + "/" + as.database + folder;
}

result<void> check(result_row const& told, bool of_unfinished_copy)
{
    auto const encoding = told.text(0);
    if (encoding != "UTF8")
        return our_error(errc::storage_unavailable, "the database's encoding is " + encoding + " and must be UTF8");
    if (told.flag(1) && !of_unfinished_copy)
        return our_error(errc::storage_unavailable,
                         "`yett storage copy` into this database has not come to its end; run it again");
    return {};
}

task<result<std::unique_ptr<connection>>> open(login const& as, bool of_unfinished_copy)
{
    auto made = co_await dial(as);
    if (!made) co_return std::move(made);
    database db{**made, database::use::read, steady_now() + dial_timeout};
    auto const told = co_await db.ask("SELECT current_setting('server_encoding'), to_regclass('copy_under_way') IS NOT NULL");
    if (!told) co_return told.error();
    auto const fits = check(told->front(), of_unfinished_copy);
    if (!fits) co_return fits.error();
    co_return std::move(made);
}

task<result<schema_state>> read_schema_state(database& db)
{
    auto const told = co_await db.ask(select_standing);
    if (!told) co_return told.error();
    schema_state here;
    here.version = static_cast<int>(told->front().integer(0));
    here.oldest_program = static_cast<int>(told->front().integer(1));
    co_return here;
}

task<result<schema_state>> look_at(connection& on)
{
    database db{on, database::use::read, steady_now() + dial_timeout};
    auto const books = co_await db.ask(find_books);
    if (!books) co_return books.error();
    auto const is_there = books->front().flag(0);
    if (!is_there) co_return schema_state{};
    co_return co_await read_schema_state(db);
}

task<result<void>> take(connection& on, step const& next, steady_time deadline)
{
    auto const done = co_await on.run_script(std::string{next.statements}, deadline);
    if (!done) co_return done.error();
    database db{on, database::use::part, deadline};
    auto const noted = co_await db.ask(record_step, std::int64_t{next.version}, std::int64_t{next.oldest_program});
    if (!noted) co_return noted.error();
    co_return result<void>{};
}

// The version afterwards, or 0 when nothing was pending. Reads the version under the lock, because
// another node may have been here a moment ago.
task<result<int>> take_due(connection& on, std::span<step const> all)
{
    auto const deadline = steady_now() + longest_step;
    auto done = co_await on.run_script(begin_step, deadline);
    if (!done) co_return done.error();
    database db{on, database::use::part, deadline};
    auto const here = co_await read_schema_state(db);
    if (!here) co_return here.error();
    if (fit_of(*here, newest(all)) == schema::fit::too_new)
        co_return our_error(errc::storage_unavailable, say_too_new(*here, newest(all)));
    auto const due = pending(all, *here);
    auto const now = here->version > 0 && !due.empty() ? due.first(1) : due;
    for (auto const& each : now) {
        done = co_await take(on, each, deadline);
        if (!done) co_return done.error();
    }
    done = co_await on.run_script("COMMIT", deadline);
    if (!done) co_return done.error();
    co_return newest(now);
}

class server_migrations final : public schema::migrations
{
public:
    server_migrations(login as, options const& by, std::span<step const> all)
        : as_{std::move(as)},
          of_unfinished_copy_{by.of_unfinished_copy},
          all_{all}
    {
    }

    std::string name() const override { return url_of(as_); }
    std::span<step const> steps() const override { return all_; }

    schema_state look() override { return or_complain(await(look_at(line()))); }

    std::optional<schema::kept_copy> keep_copy() override { return std::nullopt; }

    std::optional<int> take_step() override
    {
        auto const version = or_complain(await(take_due(line(), all_)));
        return version > 0 ? std::optional{version} : std::nullopt;
    }

private:
    // It belongs to the loop it was made on, which runs only while something is awaited.
    connection& line()
    {
        if (!line_) line_ = or_complain(await(open(as_, of_unfinished_copy_)));
        return *line_;
    }

    template<class T>
    T await(task<T> work)
    {
        std::optional<T> outcome;
        auto const finish = [&](std::exception_ptr const& thrown, T value) {
            if (thrown) std::rethrow_exception(thrown);
            outcome.emplace(std::move(value));
        };
        boost::asio::co_spawn(loop_, std::move(work), finish);
        loop_.restart();
        loop_.run();
        return std::move(*outcome);
    }

    // What was begun is undone by the server, for the connection goes.
    template<class T>
    T or_complain(result<T> told)
    {
        if (told) return std::move(*told);
        line_.reset();
        throw std::runtime_error{"storage.url: " + name() + ": " + describe(told.error())};
    }

    login const as_;
    bool const of_unfinished_copy_;
    std::span<step const> const all_;
    boost::asio::io_context loop_{1};
    std::unique_ptr<connection> line_;
};

} // namespace

std::unique_ptr<schema::migrations> open_migrations(options const& by, std::span<schema::step const> all)
{
    auto as = by.read_login();
    if (!as) throw std::runtime_error{describe(as.error())};
    return std::make_unique<server_migrations>(std::move(*as), by, all);
}

} // namespace yett::storage::postgres
