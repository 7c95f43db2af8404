#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

namespace yett::console {

// How the bytes of a file spell text. A mark at its beginning is believed before this.
enum class text_encoding : unsigned char
{
    utf8,         // or UTF-16, where zeros beside the first letter tell
    windows_1252, // what spreadsheets of Western Europe write; Latin-1 is a part of it
};

// The lines of a file, one by one and as UTF-8, so that its length does not matter. A line
// ends at LF, CR or both. Bytes that the encoding does not know make a line wrong, and it
// alone; so does a length beyond 8 KiB.
class text_lines
{
public:
    explicit text_lines(std::istream& from, text_encoding encoding = text_encoding::utf8);

    // False at the end. Otherwise the next three speak of the line that was read.
    bool next();

    std::string_view text() const noexcept { return text_; }   // without its end
    std::string_view wrong() const noexcept { return wrong_; } // why it cannot be read; then there is no text
    std::size_t number() const noexcept { return number_; }    // from 1

    // How far it has read, in bytes of the file.
    std::uint64_t position() const noexcept { return position_; }

private:
    enum class spelling : unsigned char
    {
        utf8,
        utf16_little,
        utf16_big,
        windows_1252
    };

    // Looks at the first bytes, once, before the first line.
    void learn_spelling();
    bool look_ahead(std::size_t bytes);
    // A unit is a byte, or two of UTF-16; -1 at the end.
    std::size_t unit_size() const noexcept { return is_ == spelling::utf8 || is_ == spelling::windows_1252 ? 1 : 2; }
    std::int32_t look_at_unit();
    std::int32_t take_unit();
    void keep_line(std::u16string const& units);

    std::istream& from_;
    spelling is_;
    std::string ahead_; // bytes that were looked at
    std::string text_;
    std::string_view wrong_;
    std::size_t number_ = 0;
    std::uint64_t position_ = 0;
    bool begun_ = false;
};

} // namespace yett::console
