#pragma once

#include "gateway/base/result.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace yett::config {

struct file_content
{
    std::string bytes;
    bool readable_by_others = false; // the group, or everybody
};

// All that a configuration sees of the world, as functions, so that tests and fuzzers
// can give it another one.
struct environment
{
    std::function<std::optional<std::string>(std::string const& name)> variable;
    // Fails when the file cannot be read, is no regular file, or is larger than 1 MiB.
    std::function<result<file_content>(std::filesystem::path const& file)> read;
};

// The real one: the variables of the process and the file system.
environment process_environment();

} // namespace yett::config
