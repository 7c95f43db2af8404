#pragma once

#include "config/reading/complaint.hpp"
#include "config/reading/environment.hpp"
#include "config/values/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace yett::config {

// What came of reading a file: a value exactly when no complaint is an error. Complaints
// are in the order of the file, all of them at once.
struct loaded
{
    std::optional<settings> value;
    std::vector<complaint> complaints;
};

// Reads and checks one configuration file and the files with secrets it names.
loaded load(std::filesystem::path const& file, environment const& around);

// The same for a text at hand; `file` names it in complaints and anchors relative paths.
loaded load_text(std::string const& text, std::filesystem::path const& file, environment const& around);

} // namespace yett::config
