#include "gateway/storage/sqlite/database/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace yett::storage::sqlite {

namespace {

constexpr int busy_timeout_ms = 2000;
constexpr int steps_between_calls = 1'000; // of SQLite's virtual machine: less than a millisecond

[[noreturn]] void complain(std::string const& path, std::string const& what)
{
    throw std::runtime_error{"storage.url: " + path + ": " + what};
}

void close_to_others(std::string const& file)
{
    struct stat found
    {
    };
    auto const open_to_others = ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & 077) != 0;
    if (open_to_others && ::chmod(file.c_str(), 0600) != 0) complain(file, std::generic_category().message(errno));
}

// SQLite would make the file readable for everybody the umask allows, and a copy that was
// brought back may be. Its log and index files take the mode of this one.
void make_private(std::string const& path)
{
    auto const folder = std::filesystem::path{path}.parent_path();
    std::error_code failure;
    if (!folder.empty() && std::filesystem::create_directories(folder, failure))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
    auto const fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
    else if (errno != EEXIST) complain(path, std::generic_category().message(errno));
    else
        for (auto const* const part : {"", "-wal", "-shm"}) close_to_others(path + part);
}

} // namespace

void database::closer::operator()(sqlite3* handle) const noexcept
{
    sqlite3_close_v2(handle);
}

void database::closer::operator()(sqlite3_stmt* handle) const noexcept
{
    sqlite3_finalize(handle);
}

database::database(std::string const& path, use how)
{
    if (how == use::write) make_private(path);
    sqlite3* opened = nullptr;
    auto const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    auto const status = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
    handle_.reset(opened);
    if (status != SQLITE_OK) complain(path, sqlite3_errstr(status));
    configure(path, how);
}

database::~database() = default;

void database::configure(std::string const& path, use how)
{
    auto* const handle = handle_.get();
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    // A file that somebody else prepared must not run code or damage the reader.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (how == use::write)
        if (auto const ahead = write_log_ahead(); !ahead)
            complain(path, "cannot use a write-ahead log: " + describe(ahead.error()));
    auto const settings = run_script("PRAGMA synchronous = FULL;"
                                     "PRAGMA foreign_keys = ON;"
                                     "PRAGMA cell_size_check = ON;"
                                     // A wiped token leaves no trace in the file.
                                     "PRAGMA secure_delete = ON;"
                                     "PRAGMA query_only = " +
                                     std::string{how == use::read ? "ON" : "OFF"});
    if (!settings) complain(path, describe(settings.error()));
}

// Two that change a new file to this at the same moment would wait for each other for ever.
// SQLite refuses one of them at once, whatever the timeout is; asked again, it finds the work done.
result<void> database::write_log_ahead()
{
    constexpr int pause_ms = 5;
    for (int waited_ms = 0;; waited_ms += pause_ms) {
        auto log = prepare("PRAGMA journal_mode = WAL");
        if (log.step() && log.text(0) == "wal") return {};
        auto const busy = (sqlite3_extended_errcode(handle_.get()) & 0xff) == SQLITE_BUSY;
        if (!busy || waited_ms >= busy_timeout_ms) return log.failure_or(errc::storage_unavailable);
        sqlite3_sleep(pause_ms);
    }
}

statement database::prepare(std::string_view sql)
{
    auto const known = prepared_.find(sql);
    if (known != prepared_.end()) return statement{known->second.get(), SQLITE_OK};
    sqlite3_stmt* made = nullptr;
    auto const status =
        sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (status == SQLITE_OK) prepared_.emplace(sql, made);
    return statement{made, status};
}

result<void> database::run_script(std::string const& sql)
{
    auto const status = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return statement{nullptr, status}.failure_or(errc::internal);
    return {};
}

void database::wait_for_others(milliseconds most) noexcept
{
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(most.count()));
}

void database::while_working(std::function<void()> call)
{
    int (*const relay)(void*) = [](void* of) {
        static_cast<database*>(of)->while_working_();
        return 0;
    };
    while_working_ = std::move(call);
    sqlite3_progress_handler(handle_.get(), steps_between_calls, while_working_ ? relay : nullptr, this);
}

std::int64_t database::changes() const noexcept
{
    return sqlite3_total_changes64(handle_.get());
}

bool database::in_transaction() const noexcept
{
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

} // namespace yett::storage::sqlite
