#include "gateway/console/text_lines.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

using namespace yett::console;

namespace {

using lines = std::vector<std::string>;

// A wrong line is shown as what is wrong with it, in angle brackets.
lines lines_of(std::string const& bytes, text_encoding encoding = text_encoding::utf8)
{
    std::istringstream in{bytes};
    text_lines reader{in, encoding};
    lines all;
    while (reader.next()) {
        CHECK(reader.number() == all.size() + 1);
        all.emplace_back(reader.wrong().empty() ? reader.text() : "<" + std::string{reader.wrong()} + ">");
    }
    CHECK(reader.position() == bytes.size());
    return all;
}

std::string utf16(std::u16string_view text, bool big)
{
    std::string bytes;
    for (auto const unit : text) {
        auto const low = static_cast<char>(unit & 0xff);
        auto const high = static_cast<char>(unit >> 8);
        bytes += big ? high : low;
        bytes += big ? low : high;
    }
    return bytes;
}

} // namespace

TEST_CASE("text_lines: a line ends at LF, CR or both, and the last needs no end")
{
    CHECK(lines_of("").empty());
    CHECK(lines_of("a") == lines{"a"});
    CHECK(lines_of("a\n") == lines{"a"});
    CHECK(lines_of("a\nb\n\nc") == lines{"a", "b", "", "c"});
    CHECK(lines_of("a\r\nb\r\n\r\nc\r\n") == lines{"a", "b", "", "c"});
    CHECK(lines_of("a\rb\r\rc") == lines{"a", "b", "", "c"});
    CHECK(lines_of("a\rb\nc\r\nd\n\re") == lines{"a", "b", "c", "d", "", "e"});
}

TEST_CASE("text_lines: UTF-16 is read in both byte orders, with a mark and without, and so are siblings: pairs, CR ends")
{
    for (auto const big : {false, true}) {
        CAPTURE(big);
        CHECK(lines_of(utf16(u"\ufeffemail\r\nj\u00f6rg\n", big)) == lines{"email", "j\xc3\xb6rg"});
        CHECK(lines_of(utf16(u"email\rb", big)) == lines{"email", "b"});
        CHECK(lines_of(utf16(u"\ufeff\U0001f600\n", big)) == lines{"\xf0\x9f\x98\x80"});
        CHECK(lines_of(utf16(u"\ufeff", big)).empty());
    }
}

TEST_CASE("text_lines: half a pair, half a letter and a strange unit make their line wrong alone")
{
    auto const broken = utf16(u"\ufeffa\n", false) + std::string{"\x00\xd8", 2} + utf16(u"\nb\n", false);
    CHECK(lines_of(broken) == lines{"a", "<not UTF-16>", "b"});
    CHECK(lines_of(utf16(u"\ufeffa\nb", false) + "c") == lines{"a", "<not UTF-16>"});
}

TEST_CASE("text_lines: a byte of Latin-1 makes its line wrong alone, and so do siblings: overlong, cut, surrogate")
{
    for (auto const* const bad : {"j\xf6rg", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xff"}) {
        CAPTURE(bad);
        auto const all = lines_of("a\n" + std::string{bad} + "\nj\xc3\xb6rg\n");
        REQUIRE(all.size() == 3);
        CHECK(all[1].starts_with("<not UTF-8; "));
        CHECK(all[1].find("--encoding windows-1252") != std::string::npos);
        CHECK(all[2] == "j\xc3\xb6rg");
    }
}

TEST_CASE("text_lines: Windows-1252 is read where it is said, and a mark is believed before that")
{
    auto const western = text_encoding::windows_1252;
    CHECK(lines_of("j\xf6rg\r\n\x80 \x9c\n", western) == lines{"j\xc3\xb6rg", "\xe2\x82\xac \xc5\x93"});
    CHECK(lines_of("a\n\x81\nb", western) == lines{"a", "<a byte that Windows-1252 does not know>", "b"});
    CHECK(lines_of("\xef\xbb\xbfj\xc3\xb6rg", western) == lines{"j\xc3\xb6rg"});
    CHECK(lines_of(utf16(u"\ufeff\u00f6", false), western) == lines{"\xc3\xb6"});
}

TEST_CASE("text_lines: a line of any length costs no more than the longest that is read")
{
    CHECK(lines_of(std::string(8192, 'x') + "\nb") == lines{std::string(8192, 'x'), "b"});
    CHECK(lines_of(std::string(8193, 'x') + "\nb") == lines{"<longer than 8 KiB>", "b"});
    CHECK(lines_of(std::string(1 << 20, 'x') + "\nb") == lines{"<longer than 8 KiB>", "b"});
    CHECK(lines_of(std::string(8192, '\xf6'), text_encoding::windows_1252) == lines{"<longer than 8 KiB>"});
}
