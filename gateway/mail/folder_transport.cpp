#include "gateway/mail/folder_transport.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

// Letters as files, for machines without a mail server and for tests. A file appears under its name
// when it is complete and on the disk, never before: whoever watches the folder reads whole
// letters. Carrying the same letter twice overwrites it with itself, since its id is its name.

namespace yett::mail {

namespace {

namespace fs = std::filesystem;

class descriptor
{
public:
    descriptor(fs::path const& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {}
    ~descriptor()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    int get() const noexcept { return fd_; }

private:
    int const fd_;
};

bool write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// All of it is on the disk, or the failure is in errno.
bool write_file(fs::path const& path, std::string_view bytes)
{
    descriptor const file{path, O_CREAT | O_WRONLY | O_TRUNC};
    return file.get() >= 0 && write_all(file.get(), bytes) && ::fsync(file.get()) == 0;
}

bool sync_folder(fs::path const& path)
{
    descriptor const folder{path, O_RDONLY | O_DIRECTORY};
    return folder.get() >= 0 && ::fsync(folder.get()) == 0;
}

class folder_transport final : public mail_transport
{
public:
    explicit folder_transport(fs::path folder) : folder_{std::move(folder)} {}

    std::optional<delivery_error> carry(envelope const& e) override
    {
        auto const unfinished = folder_ / ("." + e.id + ".unfinished");
        auto const finished = folder_ / (e.id + ".eml");
        auto const done =
            write_file(unfinished, e.mail) && ::rename(unfinished.c_str(), finished.c_str()) == 0 && sync_folder(folder_);
        if (done) return std::nullopt;
        delivery_error why;
        why.what = delivery_error::kind::not_written;
        why.note = std::generic_category().message(errno);
        ::unlink(unfinished.c_str());
        return why;
    }
    void interrupt() noexcept override {}

private:
    fs::path const folder_;
};

} // namespace

result<std::unique_ptr<mail_transport>> make_folder_transport(fs::path const& folder)
{
    std::error_code failure;
    auto const made = fs::create_directories(folder, failure);
    if (made) fs::permissions(folder, fs::perms::owner_all, failure);
    if (failure) return our_error(errc::internal, folder.string(), failure);
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return our_error(errc::internal, folder.string() + " cannot be written", {errno, std::generic_category()});
    std::unique_ptr<mail_transport> way = std::make_unique<folder_transport>(folder);
    return way;
}

} // namespace yett::mail
