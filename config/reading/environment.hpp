#pragma once

#include "gateway/base/result.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace yett::config {

struct file_content
{
    std::string bytes;
    bool readable_by_others = false; // as is_open_to_others says
};

// All that a configuration sees of the world, as functions, so that tests and fuzzers
// can give it another one.
struct environment
{
    std::function<std::optional<std::string>(std::string const& name)> variable;
    // Fails when the file cannot be read, is no regular file, or is larger than 1 MiB.
    std::function<result<file_content>(std::filesystem::path const& file)> read;
};

struct file_owner
{
    uid_t user = 0;
    gid_t group = 0;
};

// Whether a file of this mode and owner is read by more people than whom it is for. The group counts, unless root owns
// the file and gave it to a group of somebody else: so systemd, Docker and Kubernetes hand out secrets (root:GROUP, 0440),
// and PostgreSQL takes its own key. Root, who runs commands beside the service, reads the service's files by the same rule.
bool is_open_to_others(mode_t mode, file_owner whose, uid_t reader) noexcept;

// The real one: the variables of the process and the file system.
environment process_environment();

} // namespace yett::config
