#include "gateway/storage/sqlite/migrations.hpp"

#include "gateway/storage/sqlite/database/copy.hpp"
#include "gateway/storage/sqlite/database/database.hpp"

#include <filesystem>
#include <stdexcept>

namespace yett::storage::sqlite {

namespace {

using schema::schema_state;
using schema::step;

// Another process may be in the middle of a step that rewrites every row.
constexpr std::chrono::minutes patience{1};

// Two programs write this table. Those up to schema 7 know nothing of its third column, and leave
// it out; then only programs from that version on are promised anything.
constexpr std::string_view keep_books = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY,"
                                        " applied_at INTEGER NOT NULL, oldest_program INTEGER) STRICT";
constexpr std::string_view count_columns = "SELECT count(*) FROM pragma_table_info('schema_version')";
constexpr std::string_view count_new_column =
    "SELECT count(*) FROM pragma_table_info('schema_version') WHERE name = 'oldest_program'";
constexpr std::string_view select_standing =
    "SELECT coalesce(max(version), 0), coalesce(max(coalesce(oldest_program, version)), 0) FROM schema_version";
constexpr std::string_view select_old_standing =
    "SELECT coalesce(max(version), 0), coalesce(max(version), 0) FROM schema_version";

[[noreturn]] void complain(std::string const& path, std::string const& what)
{
    throw std::runtime_error{"storage.url: " + path + ": " + what};
}

void check(result<void> const& done, std::string const& path)
{
    if (!done) complain(path, "cannot bring the schema up to date: " + describe(done.error()));
}

// Ends without effect unless it was committed.
class transaction
{
public:
    transaction(database& db, std::string const& path) : db_{db}, path_{path} { check(db_.run("BEGIN IMMEDIATE"), path_); }
    ~transaction()
    {
        // Some failures have ended it already.
        if (db_.in_transaction()) static_cast<void>(db_.run("ROLLBACK"));
    }
    transaction(transaction const&) = delete;
    transaction& operator=(transaction const&) = delete;

    void commit() { check(db_.run("COMMIT"), path_); }

private:
    database& db_;
    std::string const& path_;
};

class file_migrations final : public schema::migrations
{
public:
    file_migrations(std::string path, std::span<step const> all) : path_{std::move(path)}, all_{all} {}

    std::string name() const override { return path_; }
    std::span<step const> steps() const override { return all_; }

    schema_state look() override
    {
        std::error_code unknown;
        if (!std::filesystem::exists(path_, unknown) && !unknown) return {};
        database db{path_, database::use::read};
        return read_schema_state(db);
    }

    std::optional<schema::kept_copy> keep_copy() override
    {
        auto const file = path_ + ".before-" + std::to_string(newest(all_));
        auto const done = write_copy(writing(), file);
        if (!done && done.error() == errc::conflict) return schema::kept_copy{file, false};
        if (!done) complain(path_, "no copy can be kept, and so the schema stays as it is: " + describe(done.error()));
        return schema::kept_copy{file, true};
    }

    std::optional<int> take_step() override
    {
        transaction under_way{writing(), path_};
        auto const here = read_schema_state(writing());
        if (fit_of(here, newest(all_)) == schema::fit::too_new) complain(path_, say_too_new(here, newest(all_)));
        auto const due = pending(all_, here);
        if (due.empty()) return std::nullopt;
        auto const now = here.version > 0 ? due.first(1) : due;
        for (auto const& each : now) take(each);
        under_way.commit();
        return newest(now);
    }

private:
    database& writing()
    {
        if (!writing_) {
            writing_ = std::make_unique<database>(path_, database::use::write);
            writing_->wait_for_others(patience);
        }
        return *writing_;
    }

    std::int64_t number(database& db, std::string_view sql)
    {
        auto row = db.prepare(sql);
        if (!row.step()) complain(path_, describe(row.failure_or(errc::storage_unavailable)));
        return row.integer(0);
    }

    schema_state read_schema_state(database& db)
    {
        if (number(db, count_columns) == 0) return {};
        auto row = db.prepare(number(db, count_new_column) > 0 ? select_standing : select_old_standing);
        if (!row.step()) complain(path_, describe(row.failure_or(errc::storage_unavailable)));
        return {static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))};
    }

    void take(step const& next)
    {
        check(writing().run_script(std::string{next.statements}), path_);
        record(next);
    }

    void record(step const& taken)
    {
        auto& db = writing();
        check(db.run(keep_books), path_);
        if (number(db, count_new_column) == 0)
            check(db.run("ALTER TABLE schema_version ADD COLUMN oldest_program INTEGER"), path_);
        auto row =
            db.prepare("INSERT INTO schema_version (version, applied_at, oldest_program) VALUES (?1, unixepoch() * 1000, ?2)");
        check(row.bind(std::int64_t{taken.version}, std::int64_t{taken.oldest_program}).run(), path_);
    }

    std::string const path_;
    std::span<step const> const all_;
    std::unique_ptr<database> writing_;
};

} // namespace

std::unique_ptr<schema::migrations> open_migrations(std::string const& path, std::span<schema::step const> all)
{
    return std::make_unique<file_migrations>(path, all);
}

} // namespace yett::storage::sqlite
