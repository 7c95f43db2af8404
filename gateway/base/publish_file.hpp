#pragma once

#include <string>
#include <system_error>

namespace yett {
inline namespace base {

// Gives a finished draft in the same folder its name. The name appears with the whole content or
// not at all, and only once: whoever comes second gets EEXIST. The draft's own name may be left.
std::error_code publish_file(std::string const& draft, std::string const& path);

// Brings what a file holds, or the names in a folder, to the disk.
std::error_code sync_to_disk(std::string const& path);

} // namespace base
} // namespace yett
