#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace yett::storage::sqlite {

// Bytes that are no text: hashes and salts.
struct blob
{
    std::string_view bytes;
};

// One run of a prepared statement, borrowed from its database; ready for the next run
// when this one dies. The first failure sticks: everything after it does nothing, so a
// caller asks once, at the end.
//
//     auto found = db.prepare("SELECT email FROM users WHERE id = ?1");
//     if (found.bind(id).step()) return found.text(0);
//     return found.failure_or(errc::not_found);
class statement
{
public:
    statement(sqlite3_stmt* borrowed, int status) noexcept : handle_{borrowed}, status_{status} {}
    ~statement();
    statement(statement const&) = delete;
    statement& operator=(statement const&) = delete;

    // Binds ?1, ?2 and so on. Text and blobs must live until the last step.
    template<class... Values>
    statement& bind(Values const&... values)
    {
        int at = 0;
        (bind_at(++at, values), ...);
        return *this;
    }

    // One of them, where how many there are is known only when it runs.
    void bind_at(int at, std::string_view value);
    void bind_at(int at, blob value);
    void bind_at(int at, std::int64_t value);
    // A template, or a literal would rather be a bool than a string_view.
    void bind_at(int at, std::same_as<bool> auto value) { bind_at(at, std::int64_t{value}); }
    void bind_at(int at, wall_time value) { bind_at(at, std::int64_t{value.time_since_epoch().count()}); }
    void bind_at(int at, std::optional<wall_time> value);
    void bind_null(int at);

    // True while there is a row.
    bool step();
    // For statements without rows. `conflict` for a row that exists, `not_found` for a
    // reference to one that does not, else `storage_unavailable`.
    result<void> run();

    // What `read` makes of each row that is left.
    template<class Read>
    auto rows(Read read) -> result<std::vector<decltype(read(*this))>>
    {
        std::vector<decltype(read(*this))> found;
        while (step()) found.push_back(read(*this));
        if (failed()) return failure_or(errc::internal);
        return found;
    }

    // Why there was no row: the failure, or `otherwise` when there was none.
    error failure_or(errc otherwise) const;
    bool failed() const noexcept;

    // Columns of the row, from 0.
    std::string text(int column) const; // or a blob's bytes
    std::int64_t integer(int column) const;
    bool is_null(int column) const;
    bool flag(int column) const { return integer(column) != 0; }
    wall_time time(int column) const { return wall_time{milliseconds{integer(column)}}; }
    std::optional<wall_time> time_or_null(int column) const;

private:
    sqlite3_stmt* handle_;
    int status_;
};

} // namespace yett::storage::sqlite
