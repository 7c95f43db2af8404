#include "gateway/storage/sqlite/database/statement.hpp"

#include <sqlite3.h>

// A prepared statement that the database keeps, borrowed for one use. Failures are remembered and
// asked for in the end: binding and stepping after one do nothing, so that a caller checks once.
// Bound texts are not copied (`SQLITE_STATIC`) and have to live until the last step; leaving the
// scope resets the statement, without which it would hold a lock.

namespace yett::storage::sqlite {

statement::~statement()
{
    if (!handle_) return;
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
}

bool statement::step()
{
    if (failed()) return false;
    status_ = sqlite3_step(handle_);
    return status_ == SQLITE_ROW;
}

result<void> statement::run()
{
    while (step()) {}
    if (failed()) return failure_or(errc::internal);
    return {};
}

bool statement::failed() const noexcept
{
    return status_ != SQLITE_OK && status_ != SQLITE_ROW && status_ != SQLITE_DONE;
}

// A name that is taken is `conflict`, a reference to nobody `not_found`: the stores' words for it.
// The rest is the database's trouble, told by its code, never with a value.
error statement::failure_or(errc otherwise) const
{
    if (!failed()) return otherwise;
    switch (status_) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY: return errc::conflict;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return errc::not_found;
    default: break;
    }
    auto note = std::string{"sqlite: "} + sqlite3_errstr(status_) + ", code " + std::to_string(status_);
    return our_error(errc::storage_unavailable, std::move(note));
}

// By blob, for a text may hold a zero.
std::string statement::text(int column) const
{
    auto const* bytes = static_cast<char const*>(sqlite3_column_blob(handle_, column));
    auto const size = sqlite3_column_bytes(handle_, column);
    return bytes ? std::string{bytes, static_cast<std::size_t>(size)} : std::string{};
}

std::int64_t statement::integer(int column) const
{
    return sqlite3_column_int64(handle_, column);
}

bool statement::is_null(int column) const
{
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::optional<wall_time> statement::time_or_null(int column) const
{
    if (is_null(column)) return std::nullopt;
    return time(column);
}

void statement::bind_at(int at, std::string_view value)
{
    // A null pointer would bind NULL where empty text is meant.
    auto const* bytes = value.data() ? value.data() : "";
    if (!failed()) status_ = sqlite3_bind_text64(handle_, at, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void statement::bind_at(int at, blob value)
{
    auto const* bytes = value.bytes.data() ? value.bytes.data() : "";
    if (!failed()) status_ = sqlite3_bind_blob64(handle_, at, bytes, value.bytes.size(), SQLITE_STATIC);
}

void statement::bind_at(int at, std::int64_t value)
{
    if (!failed()) status_ = sqlite3_bind_int64(handle_, at, value);
}

void statement::bind_at(int at, std::optional<wall_time> value)
{
    if (value) return bind_at(at, *value);
    bind_null(at);
}

void statement::bind_null(int at)
{
    if (!failed()) status_ = sqlite3_bind_null(handle_, at);
}

} // namespace yett::storage::sqlite
