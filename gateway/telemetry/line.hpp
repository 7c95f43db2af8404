#pragma once

#include "gateway/base/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::telemetry {

// How lines are written: one JSON object each, or for eyes on a terminal.
enum class line_format : unsigned char
{
    json,
    text,
};

// Builds one line in a buffer that is used again, so that a line costs no allocation.
//
// Whatever a client sent stays inside its string: in JSON, control characters, quotes and
// DEL are escaped and bytes that are not UTF-8 become U+FFFD; in text, everything that is
// not printable ASCII is written as \xHH and values with blanks are quoted.
class line
{
public:
    explicit line(line_format f) : format_{f} {}

    // The names are the program's own words and written as they are.
    void begin(wall_time at);                                // starts over, with the time
    void add(std::string_view name, std::string_view value); // left out when empty
    void add(std::string_view name, std::string_view value, std::size_t at_most);
    void add(std::string_view name, std::uint64_t value);
    void add_signed(std::string_view name, std::int64_t value);
    void add_milliseconds(std::string_view name, std::chrono::nanoseconds value); // three decimals
    void add_number(std::string_view name, double value);
    void add_flag(std::string_view name, bool value);
    // A value without its name where text is written, in its usual place.
    void add_bare(std::string_view name, std::string_view value, std::size_t at_most);
    std::string_view end(); // with the newline; valid until begin

private:
    void name(std::string_view n);
    void value(std::string_view v);

    line_format format_;
    std::string text_;
    std::int64_t second_ = -1; // the second that `stamp_` spells
    char stamp_[20] = {};
};

// Appends a JSON string with its quotes.
void append_json(std::string& out, std::string_view text);
// Appends printable ASCII as it is and everything else as \xHH, in quotes where needed.
void append_plain(std::string& out, std::string_view text);

} // namespace yett::telemetry
