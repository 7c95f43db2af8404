#pragma once

#include <span>
#include <string>
#include <string_view>

namespace yett::storage::transfer {

// What a column holds, and so how each kind of store keeps it and what it looks like on the way.
enum class column_kind : unsigned char
{
    text,
    header, // what a stranger wrote in one: text in SQLite, bytes in PostgreSQL, for it need not be text
    bytes,
    integer, // on the way in decimal digits, like the two below
    flag,    // 0 or 1
    time,    // milliseconds since 1970; what is beyond the year 9999 is the last one there is
    list,    // of texts
};

struct column
{
    std::string_view name;
    column_kind is;
};

// Tables have the same name and the same columns in every kind of store.
struct table
{
    std::string_view name;
    std::span<column const> columns;
    std::size_t key; // so many columns, the first ones, name a row
};

// Everything that is kept in a store, in an order in which each row comes after what it refers to.
std::span<table const> tables() noexcept;

// What is said to a store about one table, the same for all of them but for the sign before the
// number of a parameter. The order is that of the key, byte by byte.
struct statements
{
    // Parameters are numbered from 1.
    std::string count;
    std::string first_page; // 1: how many rows at most
    std::string next_page;  // 1: the same, then the key after which they begin
    std::string last_key;
    std::string insert; // all columns
};
// `sign` is '?' for SQLite and '$' for PostgreSQL.
statements statements_about(table const& of, char sign);

} // namespace yett::storage::transfer
