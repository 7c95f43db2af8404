#pragma once

#include <string_view>

namespace yett::storage::schema {

// One step of a schema, from the version before to its own, taken in one transaction. A step
// that was released is never edited.
//
// A program's version, where stores are concerned, is that of the last step it knows.
struct step
{
    int version;        // of the store afterwards: 1, 2, 3 …
    int oldest_program; // that may still run on the result; never less than that of the step before
    std::string_view statements;
};

} // namespace yett::storage::schema
