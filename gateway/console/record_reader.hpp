#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::console {

enum class record_format : unsigned char
{
    json,     // one object a line
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

// Reads records one by one, so that the length of the file does not matter. Lines beyond
// 8 KiB are wrong. Every value of CSV and htpasswd is a text; empty ones are left out.
class record_reader
{
public:
    record_reader(std::istream& from, record_format format);

    // Nothing at the end.
    std::optional<record> next();
    // How far it has read, in bytes.
    std::uint64_t position() const noexcept { return position_; }

private:
    enum class taken : unsigned char
    {
        line,
        too_long,
        end
    };
    taken take_line();
    record read_json() const;
    record read_csv();
    record read_htpasswd() const;
    record wrong(std::string why) const;

    std::istream& from_;
    record_format format_;
    std::vector<std::string> names_;
    std::string text_;
    std::size_t line_ = 0;
    std::uint64_t position_ = 0;
};

// The fields of one line; nothing when a quote is out of place.
std::optional<std::vector<std::string>> split_csv(std::string_view line);

// By the file's name, or else by its first line.
record_format guess_format(std::string_view file_name, std::string_view first_line);

} // namespace yett::console
