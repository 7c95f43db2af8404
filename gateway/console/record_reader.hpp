#pragma once

#include "gateway/console/text_lines.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::console {

enum class record_format : unsigned char
{
    json,     // one object a line, also as the elements of a list
    csv,      // RFC 4180 without line breaks in fields; the first line names the members
    htpasswd, // email:hash; lines that begin with # and empty ones count for nothing
};

// One line of a file. `wrong` says why it cannot be read; then the row is empty.
struct record
{
    std::size_t line = 0; // from 1
    boost::json::object row;
    std::string wrong;
};

// What is known of a file before it is read.
struct record_source
{
    std::optional<record_format> format; // guessed without it
    std::string file_name;
    text_encoding encoding = text_encoding::utf8;
};

// Reads records one by one, so that the length of the file does not matter. What makes a
// line wrong makes no other line wrong, but a CSV whose line of names has no `email` ends there.
//
// Members are named as `member_name` spells them. CSV is read as spreadsheets and databases
// write it: fields end at a comma, semicolon, tab or bar, whichever the line of names (or
// `sep=;` before it) tells; blanks round them, empty rows and empty columns behind the last
// name do not count. Every value of CSV and htpasswd is a text; empty ones, \N and NULL are
// left out.
class record_reader
{
public:
    record_reader(std::istream& from, record_source what);

    // Nothing at the end.
    std::optional<record> next();
    // How far it has read, in bytes.
    std::uint64_t position() const noexcept { return lines_.position(); }
    // Whether nothing but blanks was there. A CSV with a line of names has that.
    bool saw_nothing() const noexcept { return !format_; }

private:
    std::optional<record> read_line();
    std::optional<record> read_names();
    record read_json() const;
    std::optional<record> read_csv();
    record read_htpasswd() const;
    record wrong(std::string why) const;

    text_lines lines_;
    record_source what_;
    std::optional<record_format> format_; // once a line was seen
    std::vector<std::string> names_;
    char separator_ = 0;
    bool ended_ = false;
};

// The fields of one line, without the blanks round those that are not in quotes; nothing
// when a quote is out of place.
std::optional<std::vector<std::string>> split_csv(std::string_view line, char separator = ',');

// By the file's name, or else by its first line that is not blank.
record_format guess_format(std::string_view file_name, std::string_view first_line);

// "Password Hash", "password-hash" and "PASSWORD_HASH" are password_hash; E-Mail is email.
std::string member_name(std::string_view written);

} // namespace yett::console
