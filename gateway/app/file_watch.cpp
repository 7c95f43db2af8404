#include "gateway/app/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace yett::app {

file_watch::file_watch(std::vector<std::filesystem::path> files) : files_{std::move(files)}, known_{look_at_all()}, seen_{known_}
{
}

bool file_watch::look()
{
    auto const before = std::exchange(seen_, look_at_all());
    return seen_ != known_ && seen_ == before;
}

void file_watch::accept()
{
    known_ = seen_ = look_at_all();
}

// The time of the last change of status: unlike that of the content, nobody can set it back.
std::optional<file_watch::stamp> file_watch::stamp_of(std::filesystem::path const& file)
{
    struct stat found
    {
    };
    if (::stat(file.c_str(), &found) != 0) return std::nullopt;
    auto const changed = found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec;
    return stamp{found.st_dev, found.st_ino, found.st_mode, found.st_size, changed};
}

file_watch::stamps file_watch::look_at_all() const
{
    stamps all;
    all.reserve(files_.size());
    for (auto const& file : files_) all.push_back(stamp_of(file));
    return all;
}

} // namespace yett::app
