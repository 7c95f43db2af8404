#pragma once

#include "gateway/console/run_verb.hpp"

#include <string>

namespace yett::console {

// A file of rows: "-" is standard input. An empty format is guessed.
struct rows_source
{
    std::string file;
    std::string format;   // csv, json or htpasswd
    std::string encoding; // utf-8 or windows-1252; empty is utf-8
};

// Gives the rows of a file to a verb, a batch at a time, and prints what became of them:
// each refused line with its number on standard error, the sums on standard output. 0 when
// all went in, 1 when lines were refused, or the file is empty or cannot be read, 69 when it broke off;
// running it again goes on, because the verb passes over what it knows.
int import_rows(management_client& with, management::verb const& what, boost::json::object order, rows_source const& from,
                presentation how);

} // namespace yett::console
