#include "gateway/base/publish_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

namespace yett {
inline namespace base {
namespace {

std::error_code last_error()
{
    return {errno, std::generic_category()};
}

} // namespace

std::error_code publish_file(std::string const& draft, std::string const& path)
{
    if (::link(draft.c_str(), path.c_str()) == 0) return {};
    // Some file systems have no hard links.
    if (errno == EPERM || errno == EOPNOTSUPP)
        if (::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return {};
    return last_error();
}

std::error_code sync_to_disk(std::string const& path)
{
    auto const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return last_error();
    auto const failed = ::fsync(fd) == 0 ? std::error_code{} : last_error();
    ::close(fd);
    return failed;
}

} // namespace base
} // namespace yett
