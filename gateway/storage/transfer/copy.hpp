#pragma once

#include "gateway/storage/transfer/side.hpp"

#include <functional>

namespace yett::storage::transfer {

// What became of one table.
struct table_count
{
    std::string_view table;
    std::uint64_t rows = 0;
    std::string sum; // of all of them, the same in both stores
};

// How far it is, told after each page. First everything is copied, then everything is compared.
struct copy_progress
{
    bool comparing = false;
    std::string_view table;
    std::uint64_t rows = 0;     // of this table so far
    std::uint64_t all_rows = 0; // of all tables so far
    std::uint64_t of = 0;       // that there are in all tables
};
using witness = std::function<void(copy_progress const&)>;

// Copies everything into the other store, or goes on where a copy from the same store was broken
// off; then reads both from end to end, and only when each row is the same in both may programs
// serve from the copy.
//
// `conflict` with a note where an operator has to do something: somebody works on one of them, the
// target holds something else, or both differ in the end, which says that the first was
// changed meanwhile. Else fails like the stores.
result<std::vector<table_count>> copy(side& from, copy_target& to, witness const& told);

} // namespace yett::storage::transfer
