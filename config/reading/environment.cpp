#include "config/reading/environment.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace yett::config {
namespace {

constexpr std::size_t most_bytes = 1 << 20;

class descriptor
{
public:
    explicit descriptor(int fd) : fd_{fd} {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

error failed(int number)
{
    std::error_code const cause{number, std::generic_category()};
    return our_error(errc::not_found, cause.message(), cause);
}

result<std::string> read_all(int fd)
{
    std::string bytes(most_bytes + 1, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        auto const count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
        if (count < 0) return failed(errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled > most_bytes) return our_error(errc::not_found, "larger than 1MiB");
    bytes.resize(filled);
    return bytes;
}

// Looks at the opened file and not at its name, so that what was judged is what is read.
// Without O_NONBLOCK the opening of a pipe would wait for a writer.
result<file_content> read_file(std::filesystem::path const& file)
{
    descriptor const fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat about = {};
    if (fd.get() < 0 || ::fstat(fd.get(), &about) != 0) return failed(errno);
    if (!S_ISREG(about.st_mode)) return our_error(errc::not_found, "not a regular file");
    auto bytes = read_all(fd.get());
    if (!bytes) return bytes.error();
    return file_content{std::move(*bytes), is_open_to_others(about.st_mode, {about.st_uid, about.st_gid}, ::geteuid())};
}

std::optional<std::string> read_variable(std::string const& name)
{
    auto const* const value = std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value ? std::optional<std::string>{value} : std::nullopt;
}

} // namespace

bool is_open_to_others(mode_t mode, file_owner whose, uid_t reader) noexcept
{
    auto const given_to_group = whose.user == 0 && (reader != 0 || whose.group != 0);
    return (mode & (given_to_group ? S_IROTH : S_IRGRP | S_IROTH)) != 0;
}

environment process_environment()
{
    return {read_variable, read_file};
}

} // namespace yett::config
