#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace yett::storage::sqlite {

class database;

// Bytes written so far, and how many there will be at most.
using copy_progress = std::function<void(std::uint64_t written, std::uint64_t all)>;

// Writes everything that is in the database at this moment, so all that was acknowledged
// before, into one new file of mode 0600, while others go on reading and writing. The file has
// its name only when it was opened, found whole by SQLite and is on disk; until then there is
// `FILE.part-…` beside it, which a killed process leaves behind.
//
// `conflict` when the name is taken; what is there stays as it is.
result<void> write_copy(database& of, std::string const& file, copy_progress const& tell = {});
// Of the store in the file `path`. Throws std::runtime_error when it cannot be opened.
result<void> copy_store(std::string const& path, std::string const& file, copy_progress const& tell = {});

} // namespace yett::storage::sqlite
