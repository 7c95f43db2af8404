#pragma once

#include "gateway/storage/sqlite/database/statement.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace yett::storage::sqlite {

// One connection to a database file, for one thread at a time.
class database
{
public:
    enum class use : unsigned char
    {
        write,
        read
    };

    // Opens the file, for writing makes it (mode 0600, and its folder 0700) when it does
    // not exist, with a write-ahead log. For reading it stays as it is. An fsync for each
    // commit, foreign keys, strict limits. Throws std::runtime_error.
    database(std::string const& path, use how);
    ~database();
    database(database const&) = delete;
    database& operator=(database const&) = delete;

    // The statement is compiled once and kept; `sql` must live as long as the
    // program. At most one run of the same statement exists at a time.
    statement prepare(std::string_view sql);
    // A statement without parameters and rows.
    result<void> run(std::string_view sql) { return prepare(sql).run(); }
    // Several statements, compiled for this once.
    result<void> run_script(std::string const& sql);

    // So long a statement waits for another connection's lock; 2 s without this.
    void wait_for_others(milliseconds most) noexcept;
    // Called now and then while a statement works, on the same thread; an empty one ends it.
    void while_working(std::function<void()> call);

    bool in_transaction() const noexcept;
    // Rows changed since the connection was opened, those that were rolled back included.
    std::int64_t changes() const noexcept;

private:
    struct closer
    {
        void operator()(sqlite3* handle) const noexcept;
        void operator()(sqlite3_stmt* handle) const noexcept;
    };

    void configure(std::string const& path, use how);
    result<void> write_log_ahead();

    std::unique_ptr<sqlite3, closer> handle_;
    std::map<std::string_view, std::unique_ptr<sqlite3_stmt, closer>> prepared_;
    std::function<void()> while_working_;
};

} // namespace yett::storage::sqlite
