#pragma once

#include <string>
#include <vector>

namespace yett::config {

// What a complaint means for the program.
enum class severity
{
    error,   // the program does not start
    warning, // it starts, and says so
};

// One thing that is wrong with a configuration file. Never holds a secret, nor a value
// that came from the environment.
struct complaint
{
    std::string file;
    int line = 1;     // from 1
    int column = 1;   // from 1
    std::string path; // "routes[2].access.roles"; empty where no key is to blame
    std::string text; // what is wrong, what is allowed
    config::severity severity = config::severity::error;
};

// "file:line:column: path: text", with "warning: " before the path of a warning.
std::string to_string(complaint const& what);

// Whether one of them keeps the program from starting.
bool has_error(std::vector<complaint> const& all);

} // namespace yett::config
