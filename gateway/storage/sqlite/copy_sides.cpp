#include "gateway/storage/sqlite/copy_sides.hpp"

#include "gateway/base/publish_file.hpp"
#include "gateway/storage/sqlite/database/alone.hpp"
#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/migrations.hpp"
#include "gateway/storage/sqlite/roles.hpp"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <stdexcept>

// A file as one side of a copy. The target is written under another name (`.copying`) and gets its
// own when all has been compared and is on the disk: whoever sees the file has a whole store. Its
// mark says where it comes from, so that a copy that broke off goes on from there and never from
// somewhere else.
//
// Values travel in the spelling of transfer/row, which both kinds of store can read and write
// without loss.

namespace yett::storage::sqlite {

namespace {

namespace fs = std::filesystem;

using namespace transfer;

error cannot(std::string what, std::error_code cause = {})
{
    return our_error(errc::storage_unavailable, std::move(what), cause);
}

// A database keeps each of them compiled.
statements const& said_about(table const& one)
{
    static auto const all = [] {
        std::map<std::string_view, statements> made;
        for (auto const& each : tables()) made[each.name] = statements_about(each, '?');
        return made;
    }();
    return all.at(one.name);
}

void bind(statement& run, int at, column_kind is, std::optional<std::string> const& value)
{
    if (!value) return run.bind_null(at);
    switch (is) {
    case column_kind::bytes: return run.bind_at(at, blob{*value});
    case column_kind::integer:
    case column_kind::flag: return run.bind_at(at, read_number(*value));
    case column_kind::time: return run.bind_at(at, read_moment(*value));
    case column_kind::text:
    case column_kind::header:
    case column_kind::list: break;
    }
    run.bind_at(at, std::string_view{*value});
}

void bind_all(statement& run, int from, table const& of, transfer::row const& values)
{
    for (std::size_t i = 0; i < values.size(); ++i) bind(run, from + static_cast<int>(i), of.columns[i].is, values[i]);
}

// A statement keeps no copies, so what is written in another way here is written beforehand.
transfer::row with_lists_in_json(table const& of, transfer::row values)
{
    for (std::size_t i = 0; i < values.size(); ++i)
        if (of.columns[i].is == column_kind::list && values[i]) values[i] = write_roles(read_list(*values[i]));
    return values;
}

std::optional<std::string> read(statement const& from, int at, column_kind is)
{
    if (from.is_null(at)) return std::nullopt;
    switch (is) {
    case column_kind::integer:
    case column_kind::flag: return write_number(from.integer(at));
    case column_kind::time: return write_moment(from.time(at));
    case column_kind::list: return write_list(read_roles(from.text(at)));
    case column_kind::text:
    case column_kind::header:
    case column_kind::bytes: break;
    }
    return from.text(at);
}

transfer::row read_columns(statement const& from, std::span<column const> some)
{
    transfer::row made;
    for (auto const& each : some) made.push_back(read(from, static_cast<int>(made.size()), each.is));
    return made;
}

result<std::uint64_t> count_in(database& db, table const& of)
{
    auto row = db.prepare(said_about(of).count);
    if (!row.step()) return row.failure_or(errc::internal);
    return static_cast<std::uint64_t>(row.integer(0));
}

result<std::vector<transfer::row>> page_of(database& db, table const& of, transfer::row const& after, std::size_t limit)
{
    auto run = db.prepare(after.empty() ? said_about(of).first_page : said_about(of).next_page);
    run.bind_at(1, static_cast<std::int64_t>(limit));
    bind_all(run, 2, of, after);
    return run.rows([&of](statement const& each) { return read_columns(each, of.columns); });
}

result<transfer::row> last_key_in(database& db, table const& of)
{
    auto run = db.prepare(said_about(of).last_key);
    if (run.step()) return read_columns(run, of.columns.first(of.key));
    if (run.failed()) return run.failure_or(errc::internal);
    return transfer::row{};
}

class source_file final : public side
{
public:
    explicit source_file(std::string const& path)
        : name_{"sqlite:" + fs::absolute(path).string()},
          db_{path, database::use::write}
    {
    }

    std::string const& name() const override { return name_; }

    result<std::optional<std::string>> others() override
    {
        if (keep_to_oneself(db_)) return std::optional<std::string>{};
        return std::optional<std::string>{"somebody has it open; stop the program that serves from it"};
    }

    result<std::uint64_t> count(table const& of) override { return count_in(db_, of); }
    result<std::vector<transfer::row>> page(table const& of, transfer::row const& after, std::size_t limit) override
    {
        return page_of(db_, of, after, limit);
    }
    result<transfer::row> last_key(table const& of) override { return last_key_in(db_, of); }

private:
    std::string const name_;
    database db_;
};

constexpr std::string_view make_mark = "CREATE TABLE IF NOT EXISTS copy_under_way (origin TEXT NOT NULL) STRICT";
constexpr std::string_view read_mark = "SELECT origin FROM copy_under_way";
constexpr std::string_view write_mark = "INSERT INTO copy_under_way (origin) VALUES (?1)";

class target_file final : public copy_target
{
public:
    explicit target_file(std::string const& path)
        : name_{"sqlite:" + fs::absolute(path).string()},
          path_{path},
          part_{path + ".copying"}
    {
    }

    std::string const& name() const override { return name_; }
    result<std::optional<std::string>> others() override { return std::optional<std::string>{}; }

    result<void> begin(std::string const& from) override
    try {
        std::error_code unknown;
        if (fs::exists(fs::symlink_status(path_, unknown))) return our_error(errc::conflict, path_ + " is there already");
        auto const tables_made = make_tables();
        if (!tables_made) return tables_made;
        db_.emplace(part_, database::use::write);
        if (!keep_to_oneself(*db_))
            return our_error(errc::conflict, part_ + ": somebody has it open; is another copy under way?");
        return mark(from);
    } catch (std::runtime_error const& why) {
        return cannot(why.what());
    }

    result<std::uint64_t> count(table const& of) override { return count_in(*db_, of); }
    result<std::vector<transfer::row>> page(table const& of, transfer::row const& after, std::size_t limit) override
    {
        return page_of(*db_, of, after, limit);
    }
    result<transfer::row> last_key(table const& of) override { return last_key_in(*db_, of); }

    result<void> append(table const& to, std::vector<transfer::row> const& rows) override
    {
        if (auto begun = db_->run("BEGIN IMMEDIATE"); !begun) return begun;
        auto done = insert(to, rows);
        if (done) done = db_->run("COMMIT");
        if (!done && db_->in_transaction()) static_cast<void>(db_->run("ROLLBACK"));
        return done;
    }

    // SQLite brings its log into the file when the last one closes it, and only that is given the name.
    result<void> finish() override
    {
        if (auto done = db_->run_script("DROP TABLE copy_under_way; PRAGMA wal_checkpoint(TRUNCATE)"); !done) return done;
        db_.reset();
        if (fs::exists(part_ + "-wal")) return cannot(part_ + "-wal was not taken into " + part_);
        return publish();
    }

private:
    result<void> make_tables()
    {
        auto const made = open_migrations(part_);
        auto const version = made->look().version;
        if (version == 0) bring_up_to_date(*made, {});
        if (version == 0 || version == newest(made->steps())) return {};
        return our_error(errc::conflict, part_ + " is of another program's copy; remove it and begin anew");
    }

    result<void> mark(std::string const& from)
    {
        if (auto made = db_->run(make_mark); !made) return made;
        auto known = db_->prepare(read_mark);
        if (!known.step()) return known.failed() ? known.failure_or(errc::internal) : write(from);
        if (known.text(0) == from) return {};
        return our_error(errc::conflict,
                         part_ + " is an unfinished copy of " + known.text(0) + "; finish that one, or remove it and begin anew");
    }

    result<void> write(std::string const& from)
    {
        auto row = db_->prepare(write_mark);
        return row.bind(from).run();
    }

    result<void> insert(table const& to, std::vector<transfer::row> const& rows)
    {
        for (auto const& each : rows) {
            auto const values = with_lists_in_json(to, each);
            auto run = db_->prepare(said_about(to).insert);
            bind_all(run, 1, to, values);
            if (auto done = run.run(); !done) return done;
        }
        return {};
    }

    result<void> publish()
    {
        if (auto const failed = sync_to_disk(part_)) return cannot("cannot write " + part_, failed);
        if (auto const failed = publish_file(part_, path_)) return cannot("cannot create " + path_, failed);
        ::unlink(part_.c_str());
        auto const folder = fs::path{path_}.parent_path();
        if (auto const failed = sync_to_disk(folder.empty() ? "." : folder.string()))
            return cannot("cannot write " + path_, failed);
        return {};
    }

    std::string const name_;
    std::string const path_;
    std::string const part_;
    std::optional<database> db_;
};

} // namespace

std::unique_ptr<side> open_source(std::string const& path)
{
    if (!fs::exists(path)) throw std::runtime_error{path + " is not there"};
    return std::make_unique<source_file>(path);
}

std::unique_ptr<copy_target> make_target(std::string const& path)
{
    return std::make_unique<target_file>(path);
}

} // namespace yett::storage::sqlite
