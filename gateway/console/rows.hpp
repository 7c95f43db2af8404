#pragma once

#include <boost/json/object.hpp>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::console {

// How a list is written.
enum class row_form : unsigned char
{
    table, // for eyes; control characters and whatever else is not printable become '?'
    json,  // one object a line, all members
    csv,   // RFC 4180 with a line of names; lists are joined by commas
};

// Writes a list row by row, so that its length does not matter.
class row_writer
{
public:
    // Neither closes the file nor keeps rows; columns that a row lacks stay empty.
    row_writer(std::FILE* to, row_form form, std::span<std::string_view const> columns);

    // Rows that come together share the widths of their columns; later ones keep them.
    void write(std::span<boost::json::value const> rows);
    // False when nobody reads any more or the disk is full.
    bool fine() const noexcept { return !failed_; }

private:
    // Widths by the first rows that come; longer cells later on push the others.
    void measure(std::span<boost::json::value const> rows);
    void write_table(boost::json::object const& row);
    void write_csv(boost::json::object const& row);
    void head();
    void put(std::string const& line);

    std::FILE* to_;
    row_form form_;
    std::span<std::string_view const> columns_;
    std::vector<std::size_t> widths_;
    bool begun_ = false;
    bool failed_ = false;
};

// What a cell shows: text as it is, true and false as yes and no, lists joined by commas.
std::string cell_text(boost::json::value const& v);
// Safe to show on a terminal, whoever chose the text.
std::string printable(std::string_view text);
// Quoted where RFC 4180 wants it.
std::string csv_field(std::string_view text);

} // namespace yett::console
