#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace yett::app {

// Tells when files have changed, by what stat(2) says of them: also when they were replaced,
// or a link on the way to them leads elsewhere.
class file_watch
{
public:
    // What is there at this moment counts as known.
    explicit file_watch(std::vector<std::filesystem::path> files);

    // True when the files are not as known, and this look found them as the one before: what
    // somebody is still writing is better not read.
    bool look();
    // What is there at this moment is known from now on.
    void accept();

private:
    // What stat(2) says of a file that changes when its content may have.
    struct stamp
    {
        dev_t device;
        ino_t inode;
        mode_t mode;
        off_t size;
        std::int64_t changed; // nanoseconds
        bool operator==(stamp const&) const = default;
    };
    using stamps = std::vector<std::optional<stamp>>; // nothing: no such file

    static std::optional<stamp> stamp_of(std::filesystem::path const& file);
    stamps look_at_all() const;

    std::vector<std::filesystem::path> files_;
    stamps known_;
    stamps seen_; // by the last look
};

} // namespace yett::app
