#include "gateway/storage/sqlite/database/copy.hpp"

#include "gateway/base/publish_file.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/storage/sqlite/database/database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>

namespace yett::storage::sqlite {

namespace {

namespace fs = std::filesystem;

error cannot(std::string const& what, std::error_code cause = {})
{
    return our_error(errc::storage_unavailable, what, cause);
}

// What is written before it has its name. It goes with this object, for whoever publishes it
// gives it another name besides.
class draft
{
public:
    explicit draft(std::string const& of) : name_{of + ".part-" + std::to_string(::getpid()) + '-' + hex_encode(random_bytes(6))}
    {
    }
    ~draft()
    {
        if (!made_) return;
        for (auto const* const part : {"", "-journal"}) ::unlink((name_ + part).c_str());
    }
    draft(draft const&) = delete;
    draft& operator=(draft const&) = delete;

    std::string const& name() const noexcept { return name_; }

    // SQLite fills a file that is there and empty, and so nobody else ever could read it.
    result<void> make()
    {
        auto const fd = ::open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0) return cannot("cannot create " + name_, {errno, std::generic_category()});
        ::close(fd);
        made_ = true;
        return {};
    }

private:
    std::string const name_;
    bool made_ = false;
};

std::uint64_t number(database& db, std::string_view sql)
{
    auto row = db.prepare(sql);
    return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
}

// Free pages are not copied.
std::uint64_t bytes_used(database& db)
{
    return (number(db, "PRAGMA page_count") - number(db, "PRAGMA freelist_count")) * number(db, "PRAGMA page_size");
}

// One statement is one read transaction: the copy is of one moment.
result<void> fill(database& of, std::string const& file, copy_progress const& tell)
{
    auto const look = [&file, &tell, all = bytes_used(of)] {
        std::error_code gone;
        auto const written = fs::file_size(file, gone);
        tell(gone ? 0 : written, all);
    };
    if (tell) of.while_working(look);
    auto copy = of.prepare("VACUUM INTO ?1");
    auto const done = copy.bind(file).run();
    if (tell) of.while_working({});
    if (!done) return cannot("cannot write " + file + ": " + describe(done.error()));
    return {};
}

result<void> look_through(database& copy, std::string const& file)
{
    auto whole = copy.prepare("PRAGMA integrity_check");
    auto const fine = whole.step() && whole.text(0) == "ok";
    if (!fine)
        return cannot(file + " is not whole: " + (whole.failed() ? describe(whole.failure_or(errc::internal)) : whole.text(0)));
    auto orphans = copy.prepare("PRAGMA foreign_key_check");
    if (orphans.step()) return cannot(file + " is not whole: a row of " + orphans.text(0) + " belongs to nobody");
    if (orphans.failed()) return orphans.failure_or(errc::internal);
    return {};
}

result<void> check(std::string const& file)
try {
    database copy{file, database::use::read};
    return look_through(copy, file);
} catch (std::runtime_error const& why) {
    return cannot(why.what());
}

result<void> publish(std::string const& part, std::string const& file)
{
    if (auto const failed = sync_to_disk(part)) return cannot("cannot write " + part, failed);
    auto const taken = publish_file(part, file);
    if (taken == std::errc::file_exists) return our_error(errc::conflict, file + " is there already");
    if (taken) return cannot("cannot create " + file, taken);
    auto const folder = fs::path{file}.parent_path();
    if (auto const failed = sync_to_disk(folder.empty() ? "." : folder.string())) return cannot("cannot write " + file, failed);
    return {};
}

} // namespace

result<void> write_copy(database& of, std::string const& file, copy_progress const& tell)
{
    std::error_code unknown;
    if (fs::exists(fs::symlink_status(file, unknown))) return our_error(errc::conflict, file + " is there already");
    draft part{file};
    if (auto made = part.make(); !made) return made;
    if (auto filled = fill(of, part.name(), tell); !filled) return filled;
    if (auto whole = check(part.name()); !whole) return whole;
    return publish(part.name(), file);
}

result<void> copy_store(std::string const& path, std::string const& file, copy_progress const& tell)
{
    database from{path, database::use::write};
    return write_copy(from, file, tell);
}

} // namespace yett::storage::sqlite
